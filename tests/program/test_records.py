"""What a result says of itself: replay, verify, show, digests, and every way in which they must not be fooled."""
import json
import os
import shutil

import pytest

import tool
from tool import call, copy, digest, fails, ok

h5py = pytest.importorskip("h5py")
numpy = pytest.importorskip("numpy")

RESULTS = ("tip", "net", "ions", "crop", "range", "composition", "spectrum", "shuffle", "sdm", "classify", "domains", "score",
           "patterns", "evaluate", "attribute")


def world(house, folder, *names):
    """Copies of results and of all they were made from."""
    folder.mkdir(exist_ok=True)
    for name in names:
        getattr(house, name)
    for path in house.folder.iterdir():
        shutil.copy2(path, folder)
    return folder


@pytest.mark.parametrize("name", RESULTS)
def test_replay_gives_the_same_digest_on_1_2_and_4_threads(name, house):
    for threads in (1, 2, 4):
        records = ok("replay", getattr(house, name), "--threads", threads)["records"]
        assert records and all(r["same"] and r["expected"] == r["got"] for r in records)


@pytest.mark.parametrize("suffix", ["pos", "csv", "xyz", "vtkhdf"])
def test_exports_replay(suffix, house, tmp_path):
    place = world(house, tmp_path / "w", "domains")
    out = place / f"x.{suffix}"
    ok("export", place / "domains.nxs", "--label", "domain", "-o", out)
    before = tool.listing(place)
    [record] = ok("replay", f"{out}.nxs", "--threads", 1, env={**os.environ, "TMPDIR": str(tmp_path)})["records"]
    assert record["same"] and tool.listing(place) == before and os.listdir(tmp_path) == ["w"]


def test_chain_replays_everything_from_the_vendor_file_on(house):
    records = ok("replay", house.domains, "--chain")["records"]
    assert {r["file"] for r in records} == {"ions.nxs", "crop.nxs", "range.nxs", "shuffle.nxs", "classify.nxs", "null.nxs", "net.nxs", "domains.nxs"}
    assert len(records) == 8 and all(r["same"] for r in records)
    order = [r["file"] for r in records]
    assert order.index("ions.nxs") < order.index("crop.nxs") < order.index("range.nxs") < order.index("classify.nxs") < order.index("domains.nxs")


def test_chain_notices_a_changed_vendor_file(house, tmp_path):
    place = world(house, tmp_path / "w", "composition")
    data = bytearray((place / "ship.pos").read_bytes())
    data[1000] ^= 1
    (place / "ship.pos").write_bytes(data)
    ok("replay", place / "composition.nxs")
    fails(65, "E_DIGEST", "replay", place / "composition.nxs", "--chain")
    fails(65, "E_DIGEST", "verify", place / "composition.nxs")
    (place / "ship.pos").unlink()
    error = fails(66, "E_INPUT_NOT_FOUND", "replay", place / "composition.nxs", "--chain")
    assert "ship.pos" in error["text"] and "--search" in error["text"]


def test_a_replay_that_differs_says_so(house, tmp_path):
    """A record whose parameter was changed together with nothing else is caught; the document says which one."""
    place = world(house, tmp_path / "w", "spectrum")
    with h5py.File(place / "spectrum.nxs", "r+") as file:
        file["entry1/spectrum/config/bin_width"][()] = 0.1
    result = call("replay", place / "spectrum.nxs", "--json")
    assert result.code == 65 and result.json["error"]["code"] in ("E_DIGEST", "E_REPLAY")


# ---- digests ----

def test_digest_does_not_depend_on_threads_compression_time_names_or_place(house, tmp_path):
    place = tmp_path / "w"
    source, model = copy(house.range, place), copy(house.net, place)
    renamed = source.rename(place / "other name.nxs")
    args = ("classify", "--species", "Ni")
    seen = {digest(ok(*args, house.range, "--model", house.net, "--threads", t, "--compression", c, "-o", tmp_path / f"{t}{c}.nxs"))
            for t in (1, 2, 4) for c in ("gzip", "none")}
    seen.add(digest(ok(*args, renamed, "--model", model, "-o", place / "x.nxs", "--embed")))
    assert len(seen) == 1


def test_digest_depends_on_parameter_seed_and_input(house, tmp_path):
    out = iter(tmp_path / f"{i}.nxs" for i in range(99))
    calls = [("shuffle", house.range), ("shuffle", house.range, "--seed", 2), ("shuffle", house.crop), ("shuffle", house.range, "--rounding", 0.001),
             ("shuffle", house.tip), ("spectrum", house.range), ("spectrum", house.range, "--max", 50), ("spectrum", house.range, "--bin-width", 0.011),
             ("spectrum", house.shuffle), ("synthesise", "--box", "-1,1,-1,1,-2,0"), ("synthesise", "--box", "-1,1,-1,1,-2,0", "--seed", 2)]
    digests = [digest(ok(*c, "-o", next(out))) for c in calls]
    assert len(set(digests)) == len(calls)


def test_a_parameter_set_to_its_default_is_the_default(house, tmp_path):
    a = ok("spectrum", house.range, "-o", tmp_path / "a.nxs")
    b = ok("spectrum", house.range, "--bin-width", "0.01", "-o", tmp_path / "b.nxs")
    assert digest(a) == digest(b)
    origin = json.loads(call("show", tmp_path / "b.nxs", "--json").out)["records"][0]["parameters"]
    assert origin["bin_width"]["origin"] == "set" and origin["max"]["origin"] == "default"


# ---- tampering ----

def arrays(file, below):
    found = []
    file[below].visititems(lambda name, node: found.append(f"{below}/{name}") if isinstance(node, h5py.Dataset) and node.dtype.kind in "fiu" and node.size else None)
    return found


def flip_a_bit(file, name):
    node = file[name]
    data = numpy.ascontiguousarray(node[()])
    flat = data.reshape(-1).view("u1").reshape(-1) if data.shape else numpy.frombuffer(bytearray(data.tobytes()), "u1")
    flat = flat.copy()
    flat[flat.size // 2] ^= 1
    node[...] = flat.view(data.dtype).reshape(data.shape)


@pytest.mark.parametrize("name", ["sdm", "classify", "domains", "composition", "spectrum", "score"])
def test_one_flipped_bit_in_any_result_array_is_found(name, house, tmp_path):
    place = world(house, tmp_path / "w", name)
    victim = place / f"{name}.nxs"
    original = victim.read_bytes()
    with h5py.File(victim) as file:
        process = f"entry1/{name}/{name}1"
        chosen = arrays(file, process)
    assert len(chosen) >= 5
    for path in chosen:
        if path.endswith("sequence_index"):
            continue  # the order of the lines
        victim.write_bytes(original)
        with h5py.File(victim, "r+") as file:
            flip_a_bit(file, path)
        result = call("verify", victim, "--json")
        assert result.code == 65 and result.json["error"]["code"] == "E_DIGEST", (path, result)


@pytest.mark.parametrize("path", ["reconstruction/reconstructed_positions", "mass_to_charge_conversion/mass_to_charge"])
def test_one_flipped_bit_in_the_ions_is_found_by_everyone(path, house, tmp_path):
    place = world(house, tmp_path / "w", "composition")
    with h5py.File(place / "range.nxs", "r+") as file:
        flip_a_bit(file, f"entry1/atom_probe1/{path}")
    fails(65, "E_DIGEST", "verify", place / "range.nxs")
    fails(65, "E_DIGEST", "verify", place / "composition.nxs")
    fails(65, "E_DIGEST", "replay", place / "composition.nxs")
    fails(65, "E_DIGEST", "crop", place / "range.nxs", "-o", place / "new.nxs")
    assert not (place / "new.nxs").exists()


def test_flipped_ion_types_are_found(house, tmp_path):
    place = world(house, tmp_path / "w", "composition")
    with h5py.File(place / "range.nxs", "r+") as file:
        found = []
        file["entry1"].visititems(lambda name, node: found.append(name) if isinstance(node, h5py.Dataset) and node.dtype.kind == "u" and node.size > 1000 else None)
        types = [name for name in found if "evaporation" not in name]
        assert types
        for name in types:
            flip_a_bit(file["entry1"], name)
    fails(65, "E_DIGEST", "composition", place / "range.nxs", "-o", place / "new.nxs")


def test_embedded_ions_are_as_safe_as_others(house, tmp_path):
    place = world(house, tmp_path / "w", "range", "net")
    ok("classify", place / "range.nxs", "--model", place / "net.nxs", "--species", "Ni", "--threshold", "0.5", "--embed", "-o", place / "e.nxs")
    ok("verify", place / "e.nxs")
    with h5py.File(place / "e.nxs", "r+") as file:
        flip_a_bit(file, "entry1/atom_probe1/reconstruction/reconstructed_positions")
    for args in (("verify", place / "e.nxs"), ("replay", place / "e.nxs"), ("domains", place / "e.nxs", "-o", place / "new.nxs")):
        fails(65, "E_DIGEST", *args)


def test_changed_ranges_are_found(house, tmp_path):
    place = world(house, tmp_path / "w", "composition")
    with h5py.File(place / "range.nxs", "r+") as file:
        found = []
        file["entry1"].visititems(lambda name, node: found.append(name) if name.endswith("mass_to_charge_range") else None)
        assert found
        file["entry1"][found[-1]][...] = file["entry1"][found[-1]][()] + 0.5
    fails(65, "E_DIGEST", "range", place / "range.nxs", "-o", place / "new.nxs")
    fails(65, "E_DIGEST", "verify", place / "range.nxs")


CONFIG = [("config/bin_width", 0.06), ("config/max", 3.0)]


@pytest.mark.parametrize("path, value", CONFIG)
def test_a_changed_parameter_is_found(path, value, house, tmp_path):
    place = world(house, tmp_path / "w", "spectrum")
    with h5py.File(place / "spectrum.nxs", "r+") as file:
        file[f"entry1/spectrum/{path}"][()] = value
    for word in ("verify", "replay"):
        fails(65, "E_DIGEST", word, place / "spectrum.nxs")


def change_text(file, path, change):
    text = file[path][()].decode()
    kept = dict(file[path].attrs)
    del file[path]
    file[path] = change(text)
    for key, value in kept.items():
        file[path].attrs[key] = value


@pytest.mark.parametrize("path, change", [
    ("results_sha256/checksum", lambda t: t[:-1] + ("0" if t[-1] != "0" else "1")), ("outcome/manifest", lambda t: t.replace("1", "2", 1)),
    ("outcome/manifest", lambda t: ""), ("outcome/manifest", lambda t: t.replace("step classify ", "step classify 9999999999")), ("input1/data", lambda t: t.replace('"content_sha256": "', '"content_sha256": "0')), ("config/species", lambda t: "Co"),
    ("definition", lambda t: "NXapm_ordapt_crop_results"), ("input1/checksum", lambda t: "")])
def test_a_changed_record_is_found(path, change, house, tmp_path):
    place = world(house, tmp_path / "w", "classify")
    with h5py.File(place / "classify.nxs", "r+") as file:
        change_text(file, f"entry1/classify/{path}", change)
    if path == "input1/checksum":  # bytes of the file: not what the digest is about
        assert call("verify", place / "classify.nxs").code in (0, 65)
        return
    for args in (("verify", place / "classify.nxs"), ("replay", place / "classify.nxs"), ("domains", place / "classify.nxs", "-o", place / "new.nxs")):
        error = fails(65, ("E_DIGEST", "E_RECORD", "E_REPLAY"), *args)
        assert len(error["text"]) > 20
    assert not (place / "new.nxs").exists()


@pytest.mark.parametrize("path", ["outcome/manifest", "results_sha256", "config", "input1", "config/species", "results_sha256/checksum", "classify1/selected/ion_index",
                                  "classify1/probability/probability", "classify1", "definition"])
def test_a_record_with_a_missing_piece_is_refused(path, house, tmp_path):
    place = world(house, tmp_path / "w", "classify")
    with h5py.File(place / "classify.nxs", "r+") as file:
        del file[f"entry1/classify/{path}"]
    for args in (("verify", place / "classify.nxs"), ("domains", place / "classify.nxs", "-o", place / "new.nxs")):
        result = call(*args, "--json")
        assert result.code == 65, (path, result)
    assert not (place / "new.nxs").exists()


@pytest.mark.parametrize("what", ["weight", "definition", "digest"])
def test_a_model_with_one_changed_bit_is_refused(what, house, tmp_path):
    place = world(house, tmp_path / "w", "classify")
    with h5py.File(place / "net.nxs", "r+") as file:
        process = "entry1/import/import1"
        if what == "weight":
            flip_a_bit(file, next(p for p in arrays(file, f"{process}/weights")))
        elif what == "definition":
            flip_a_bit(file, next(p for p in arrays(file, f"{process}/definition") if "radius" in p or "half_range" in p))
        else:
            change_text(file, f"{process}/definition/model_sha256", lambda t: ("0" if t[0] != "0" else "1") + t[1:])
    out = place / "new.nxs"
    fails(65, "E_DIGEST", "classify", place / "range.nxs", "--model", place / "net.nxs", "--species", "Ni", "-o", out)
    fails(65, "E_DIGEST", "verify", place / "net.nxs")
    fails(65, "E_DIGEST", "replay", place / "classify.nxs")
    assert not out.exists()


def test_a_selection_that_is_out_of_order_or_out_of_the_specimen_is_refused(house, tmp_path):
    place = world(house, tmp_path / "w", "classify")
    for value in (2 ** 63, 0):
        shutil.copy2(house.classify, place)
        with h5py.File(place / "classify.nxs", "r+") as file:
            index = file["entry1/classify/classify1/selected/ion_index"]
            assert len(index) > 3
            index[2] = value
        fails(65, "E_DIGEST", "domains", place / "classify.nxs", "-o", place / "new.nxs")


# ---- what may change ----

def recompress(source, target):
    """The same content in other bytes."""
    with h5py.File(source) as old, h5py.File(target, "w") as new:
        for key, value in old.attrs.items():
            new.attrs[key] = value

        def take(name, node):
            if isinstance(node, h5py.Group):
                made = new.require_group(name)
            else:
                more = {"compression": "gzip", "compression_opts": 9, "chunks": True} if node.shape and node.size > 100 else {}
                made = new.create_dataset(name, data=node[()], dtype=node.dtype, **more)
            for key, value in node.attrs.items():
                made.attrs[key] = value
        old.visititems(take)
        new.attrs["file_time"] = "2030-01-01T00:00:00+00:00"


def test_other_bytes_with_the_same_content_draw_a_warning(house, tmp_path):
    place = world(house, tmp_path / "w", "composition", "domains")
    for name in ("range", "net"):
        recompress(house.folder / f"{name}.nxs", place / f"{name}.nxs")
    for args in (("verify", place / "composition.nxs"), ("replay", place / "composition.nxs"), ("replay", place / "classify.nxs"),
                 ("domains", place / "classify.nxs", "-o", place / "new.nxs")):
        codes = [w["code"] for w in ok(*args)["warnings"]]
        assert codes and set(codes) == {"W_FILE_CHANGED"}, args
    assert ok("replay", place / "domains.nxs", "--chain")["records"]


def test_other_content_under_the_same_name_is_refused(house, tmp_path):
    place = world(house, tmp_path / "w", "composition", "classify")
    ok("crop", house.ions, "--every", 2, "-o", place / "range.nxs", "--overwrite")
    for args in (("verify", place / "composition.nxs"), ("replay", place / "composition.nxs"), ("domains", place / "classify.nxs", "-o", place / "new.nxs")):
        error = fails(65, "E_DIGEST", *args)
        assert error["file"] == "range.nxs"


def test_the_right_file_is_found_among_namesakes(house, tmp_path):
    """Beside, above and below --search may lie files of one name; the recorded content decides."""
    place = tmp_path / "w"
    result = copy(house.composition, place / "results")
    for wrong in (place, tmp_path / "s" / "a", tmp_path / "s" / "c"):
        wrong.mkdir(parents=True, exist_ok=True)
        ok("crop", house.range, "--every", 3, "-o", wrong / "range.nxs")
    fails(65, "E_DIGEST", "replay", result)
    copy(house.range, tmp_path / "s" / "b" / "deep")
    assert ok("replay", result, "--search", tmp_path / "s")["records"][0]["same"]


def test_missing_input(house, tmp_path):
    alone = copy(house.composition, tmp_path)
    error = fails(66, "E_INPUT_NOT_FOUND", "replay", alone)
    assert "range.nxs" in error["text"] and "--search" in error["text"]
    fails(66, "E_INPUT_NOT_FOUND", "verify", alone)
    assert ok("show", alone)["records"], "show needs only the file itself"
    fails(66, "E_INPUT_NOT_FOUND", "domains", copy(house.classify, tmp_path), "-o", tmp_path / "new.nxs")


def test_inputs_are_found_beside_above_and_under_search(house, tmp_path):
    below = tmp_path / "runs" / "monday"
    alone = copy(house.composition, below)
    copy(house.range, tmp_path / "runs")
    ok("replay", alone)
    os.rename(tmp_path / "runs" / "range.nxs", tmp_path / "range.nxs")
    fails(66, "E_INPUT_NOT_FOUND", "replay", alone)
    ok("replay", alone, "--search", tmp_path)
    ok("replay", "composition.nxs", "--search", "../..", cwd=below)
    deep = tmp_path / "a" / "b" / "c" / "d"
    deep.mkdir(parents=True)
    os.rename(tmp_path / "range.nxs", deep / "range.nxs")
    ok("replay", alone, "--search", tmp_path / "a")


def test_moved_together_they_still_work(house, tmp_path):
    place = world(house, tmp_path / "w", "domains")
    moved = tmp_path / "elsewhere" / "entirely"
    moved.parent.mkdir()
    shutil.move(place, moved)
    ok("replay", moved / "domains.nxs", "--chain")
    ok("verify", moved / "domains.nxs")


def test_search_does_not_follow_links_round_in_circles(house, tmp_path):
    alone = copy(house.composition, tmp_path / "w")
    loop = tmp_path / "loop"
    loop.mkdir()
    os.symlink(loop, loop / "again")
    fails(66, "E_INPUT_NOT_FOUND", "replay", alone, "--search", loop)


def test_records_that_name_files_elsewhere_are_not_followed(house, tmp_path):
    """A hostile record must not make us read what the user did not name."""
    place = world(house, tmp_path / "w", "composition")
    copy(house.range, tmp_path / "outside")
    for name in ("../outside/range.nxs", str(tmp_path / "outside" / "range.nxs"), "..", "."):
        shutil.copy2(house.composition, place)
        with h5py.File(place / "composition.nxs", "r+") as file:
            change_text(file, "entry1/composition/input1/file_name", lambda t: name)
        result = call("replay", place / "composition.nxs", "--json")
        assert result.code in (65, 66) and result.json["error"]["code"] in ("E_RECORD", "E_INPUT_NOT_FOUND", "E_DIGEST"), result


def test_records_that_refer_to_themselves_end(house, tmp_path):
    place = world(house, tmp_path / "w", "classify")
    with h5py.File(place / "classify.nxs", "r+") as file:
        change_text(file, "entry1/classify/input1/file_name", lambda t: "classify.nxs")
    for word in ("verify", "replay"):
        assert call(word, place / "classify.nxs", "--json", *(["--chain"] if word == "replay" else [])).code in (65, 66)
    assert call("domains", place / "classify.nxs", "-o", place / "new.nxs", "--json").code in (65, 66)


# ---- show ----

def test_show_names_files_numbers_units_and_digests(house):
    text = call("show", house.classify).out
    with h5py.File(house.classify) as file:
        record = file["entry1/classify"]
        known = [record["results_sha256/checksum"][()].decode(), record["input1/checksum"][()].decode(), json.loads(record["input1/data"][()])["content_sha256"]]
    for word in (*known, "range.nxs", "net.nxs", "radius", "0.75 nm", "(preset)", "(set)", "(default)", "species", "Ni", "kernels", "threads", "HDF5", "voxels",
                 "selected/ion_index", "uint64"):
        assert word in text, word


@pytest.mark.parametrize("name", RESULTS)
def test_show_as_json_holds_the_whole_record(name, house):
    document = ok("show", getattr(house, name))
    [record] = document["records"]
    assert record["status"] == "success" and record["results_sha256"] and record["start_time"].endswith("+00:00")
    assert all(set(p) == {"value", "unit", "origin"} and p["origin"] in ("default", "preset", "set") for p in record["parameters"].values())
    assert all(i["sha256"] and i["content_sha256"] and i["file"] for i in record["inputs"])
    assert set(record["environment"]) >= {"commit", "compiler", "kernel", "blas", "libraries", "threads"}


def test_show_tells_vendor_files_and_foreign_files(house, tmp_path):
    for path, word in ((house.pos, "ions"), (house.pos.with_suffix(".rrng"), "Da"), (house.nets[0], "network")):
        assert word in call("show", path).out
        assert ok("show", path)["file"] == path.name


def test_verify_needs_a_record_of_ours(house, tmp_path):
    fails(65, "E_RECORD", "verify", house.pos)
    fails(65, "E_RECORD", "replay", house.pos)


def test_record_says_which_seed_and_which_slab(house, tmp_path):
    assert ok("show", house.shuffle)["records"][0]["seed"] == 7
    ok("sdm", house.range, "--pairs", "Ni-Ni", "--slab", "1/2", "-o", tmp_path / "a.nxs")
    assert "slab" in call("show", tmp_path / "a.nxs").out
    ok("replay", tmp_path / "a.nxs", "--search", house.folder)
