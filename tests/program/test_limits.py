"""What a file may cost, whatever it claims: docs/security.md."""
import os
import zlib

import pytest

import tool
from tool import call, fails, foreign, ok

h5py = pytest.importorskip("h5py")
numpy = pytest.importorskip("numpy")


def pack(group, name, shape, chunk, unit):
    """Zeros, packed by deflate to a thousandth of them, one chunk of so many bytes again and again."""
    rows, packed = chunk // (4 * shape[1] if len(shape) > 1 else 4), zlib.compress(bytes(chunk), 9)
    del group[name]
    made = group.create_dataset(name, shape, "f4", chunks=(rows, *shape[1:]), compression="gzip", compression_opts=9)
    for first in range(0, shape[0], rows):
        made.id.write_direct_chunk((first, *(0 for _ in shape[1:])), packed)
    made.attrs["units"] = unit


def bomb(path, rows, chunk=48_000_000):
    """A file of so many ions, whose columns are zeros."""
    foreign(path, numpy.array(tool.grid_rows(10), "f4"))
    with h5py.File(path, "r+") as file:
        roi = file["entry1/atom_probe1"]
        pack(roi["reconstruction"], "reconstructed_positions", (rows, 3), chunk, "nm")
        pack(roi["mass_to_charge_conversion"], "mass_to_charge", (rows,), chunk, "Da")
    return path


def test_ten_gigabytes_in_ten_megabytes(tmp_path):
    path, out = bomb(tmp_path / "b.nxs", 840_000_000), tmp_path / "x.nxs"
    assert path.stat().st_size < 16 << 20
    for word in (("crop", path, "-o", out), ("show", path), ("verify", path)):
        result = call(*word, "--json", timeout=30)
        assert result.code == 65 and result.json["error"]["code"] == "E_H5_BOMB" and result.json["peak_rss_bytes"] < 200e6, result
        assert "--max-unpacked" in result.json["error"]["text"]
    assert not out.exists()


def test_limits_are_options(tmp_path):
    """The same bomb, smaller, is unpacked for whoever allows it, and then the memory is theirs to limit."""
    path, out = bomb(tmp_path / "b.nxs", 3_000_000, chunk=12_000_000), tmp_path / "x.nxs"
    fails(65, "E_H5_BOMB", "crop", path, "-o", out, "--max-unpacked", "20M")
    error = fails(69, "E_MEMORY", "crop", path, "-o", out, "--max-memory", "15M")
    assert "--max-memory" in error["text"]
    document = ok("spectrum", path, "-o", out, "--max-unpacked", "40M", "--max-memory", "0.3G")
    assert document["peak_rss_bytes"] < 0.45e9


def test_memory_is_limited_for_every_step(house, tmp_path):
    for args in (("crop", house.range), ("sdm", house.range, "--pairs", "Ni-Ni"), ("classify", house.range, "--model", house.net, "--species", "Ni")):
        error = fails(69, "E_MEMORY", *args, "-o", tmp_path / "x.nxs", "--max-memory", "100K")
        assert "--max-memory" in error["text"]
        assert not tool.listing(tmp_path)


def test_looking_has_an_end(tmp_path):
    path = foreign(tmp_path / "many.nxs", numpy.array(tool.grid_rows(10), "f4"))
    with h5py.File(path, "r+", libver="latest") as file:
        place = file.create_group("many").id
        for k in range(90_000):
            h5py.h5g.create(place, b"%d" % k)
    error = fails(65, "E_H5_OPEN", "crop", path, "-o", tmp_path / "x.nxs", "--max-look", "1", timeout=30)
    assert "--max-look" in error["text"]
    ok("crop", path, "-o", tmp_path / "x.nxs", timeout=200)  # names of a group are read in one pass, else this takes minutes


@pytest.mark.parametrize("option", ["--max-memory", "--max-unpacked", "--max-look"])
def test_limits_that_are_none(option, house, tmp_path):
    for value in ("0", "-1", "much", "1X", "nan", "", "1e30", "G"):
        fails(64, "E_PARAMETER_VALUE", "crop", house.range, option, value, "-o", tmp_path / "x.nxs")


def test_no_library_comes_from_the_current_folder(house, tmp_path):
    """A file among the data that is named like a library of ours is data."""
    for name in ("libjansson.so.4", "libc.so.6", "libm.so.6", "libz.so.1", "libcrypto.so.3", "libyaml-0.so.2", "libdeflate.so.0"):
        (tmp_path / name).write_bytes(b"\x7fELF no library")
    env = {key: value for key, value in os.environ.items() if key != "LD_LIBRARY_PATH"}
    ok("crop", house.range, "-o", "x.nxs", cwd=tmp_path, env=env)
