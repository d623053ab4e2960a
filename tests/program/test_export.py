"""Files for other programs: read back bit by bit, and by ourselves."""
import csv
import hashlib

import pytest

import tool
from tool import call, fails, ok

h5py = pytest.importorskip("h5py")
numpy = pytest.importorskip("numpy")


def columns(path):
    """Positions and mass-to-charge of the ions in a file of ours."""
    with h5py.File(path) as file:
        roi = file["entry1/atom_probe1"]
        return roi["reconstruction/reconstructed_positions"][()], roi["mass_to_charge_conversion/mass_to_charge"][()].reshape(-1)


def test_pos_round_trip_is_exact(house, tmp_path):
    rows = tool.grid_rows(5000)
    rows[7] = (-0.0, 1e-30, 3.4e38, 58.0)
    source = tool.write_pos(tmp_path / "a.pos", rows)
    ok("import", source, "--force", "-o", tmp_path / "a.nxs")
    ok("export", tmp_path / "a.nxs", "-o", tmp_path / "b.pos")
    assert (tmp_path / "b.pos").read_bytes() == source.read_bytes()
    assert tool.listing(tmp_path) == ["a.nxs", "a.pos", "b.pos", "b.pos.nxs"], "no ranges, no .rrng"


def test_ranged_pos_comes_back_with_the_same_types(house, tmp_path):
    ok("export", house.range, "-o", tmp_path / "x.pos")
    ok("import", tmp_path / "x.pos", tmp_path / "x.rrng", "-o", tmp_path / "back.nxs")
    old, new = columns(house.range), columns(tmp_path / "back.nxs")
    assert all((a == b).all() for a, b in zip(old, new))
    a = ok("composition", house.range, "-o", tmp_path / "a.nxs")["summary"]
    assert a == ok("composition", tmp_path / "back.nxs", "-o", tmp_path / "b.nxs")["summary"]


@pytest.mark.parametrize("selected_only", [False, True])
def test_relabelled_pos_is_the_road_back(selected_only, house, tmp_path):
    document = ok("export", house.domains, "--label", "domain", "--selected-only", str(selected_only).lower(), "-o", tmp_path / "d.pos", "--search", house.folder)
    raw = numpy.fromfile(tmp_path / "d.pos", ">f4").reshape(-1, 4)
    with h5py.File(house.domains) as file:
        group = file["entry1/domains/domains1/membership"]
        domain, index = group["domain"][()], group["ion_index"][()]
    positions, _ = columns(house.range)
    label = numpy.zeros(len(positions), "u4")
    label[index] = domain
    keep = label > 0 if selected_only else numpy.ones(len(label), bool)
    assert (raw[:, :3] == positions[keep]).all() and (raw[:, 3] == label[keep]).all()
    assert document["summary"]["labelled"] == (label > 0).sum() and document["summary"]["ions"] == keep.sum()
    back = ok("import", tmp_path / "d.pos", tmp_path / "d.rrng", "--fourth", "cluster", "-o", tmp_path / "back.nxs")
    assert back["summary"]["unranged"] == 0
    counts = ok("composition", tmp_path / "back.nxs", "--decompose", "false", "-o", tmp_path / "c.nxs")["summary"]
    assert counts["counted"] == keep.sum()
    with h5py.File(tmp_path / "c.nxs") as file:
        found = sorted(file["entry1/composition/composition1/ionic/counts"][()].tolist())
    assert found == sorted(numpy.unique(label[keep], return_counts=True)[1].tolist())


def test_selected_and_true_labels(house, tmp_path):
    ok("export", house.classify, "--label", "selected", "-o", tmp_path / "s.pos", "--search", house.folder)
    with h5py.File(house.classify) as file:
        index = file["entry1/classify/classify1/selected/ion_index"][()]
    assert (numpy.flatnonzero(numpy.fromfile(tmp_path / "s.pos", ">f4").reshape(-1, 4)[:, 3] == 1) == index).all()
    ok("export", house.tip, "--label", "domain", "-o", tmp_path / "t.pos")
    with h5py.File(house.tip) as file:
        truth = file["entry1/synthesise/synthesise1/truth/domain"][()]
    assert (numpy.fromfile(tmp_path / "t.pos", ">f4").reshape(-1, 4)[:, 3] == truth).all()


def test_csv_holds_the_same_numbers(house, tmp_path):
    ok("export", house.range, "-o", tmp_path / "x.csv")
    with open(tmp_path / "x.csv", newline="") as file:
        rows = list(csv.DictReader(line for line in file if not line.startswith("#")))
    positions, mass = columns(house.range)
    names = list(rows[0])
    assert len(rows) == len(mass) and names[0].startswith("x")
    values = numpy.array([[float(row[n]) for n in names[:4]] for row in rows]).astype("f4")
    assert (values[:, :3] == positions).all() and (values[:, 3] == mass).all()
    ok("import", tmp_path / "x.csv", "-o", tmp_path / "back.nxs")
    assert all((a == b).all() for a, b in zip(columns(house.range), columns(tmp_path / "back.nxs")))


def test_xyz_is_extended_xyz(house, tmp_path):
    ok("export", house.domains, "--label", "domain", "-o", tmp_path / "x.xyz", "--search", house.folder)
    lines = (tmp_path / "x.xyz").read_text().splitlines()
    positions, mass = columns(house.range)
    assert int(lines[0]) == len(mass) == len(lines) - 2
    assert "Properties=species:S:1:pos:R:3" in lines[1]
    width = sum(int(n) for n in lines[1].split("Properties=")[1].split()[0].split(":")[2::3])
    fields = [line.split() for line in lines[2:]]
    assert {len(f) for f in fields} == {width} and {f[0] for f in fields} <= {"Ni", "Co", "Cr", "X"}
    read = numpy.array([f[1:4] for f in fields], float) / 1.0
    scale = 10.0 if abs(read - 10.0 * positions).max() < 0.01 else 1.0
    assert abs(read - scale * positions).max() < 1e-3


def test_vtkhdf_is_poly_data_with_one_cell_of_points(house, tmp_path):
    ok("export", house.domains, "--label", "domain", "-o", tmp_path / "x.vtkhdf", "--search", house.folder)
    positions, mass = columns(house.range)
    with h5py.File(tmp_path / "x.vtkhdf") as file:
        root = file["VTKHDF"]
        assert root.attrs["Version"].tolist() == [2, 0] and root.attrs["Version"].dtype == "i8"
        assert root.attrs["Type"] in (b"PolyData", numpy.bytes_(b"PolyData"))
        kind = root.attrs.get_id("Type").get_type()
        assert not kind.is_variable_str() and kind.get_cset() == h5py.h5t.CSET_ASCII
        assert root["NumberOfPoints"][()].tolist() == [len(mass)] and (root["Points"][()] == positions).all()
        for name in ("Vertices", "Lines", "Polygons", "Strips"):
            cells, n = root[name], len(mass) if name == "Vertices" else 0
            assert cells["NumberOfConnectivityIds"][()].tolist() == [n] and cells["NumberOfCells"][()].tolist() == [int(n > 0)]
            assert cells["Offsets"][()].tolist() == ([0, n] if n else [0]) and (cells["Connectivity"][()] == numpy.arange(n)).all()
            assert all(cells[k].dtype == "i8" for k in ("Connectivity", "Offsets", "NumberOfCells", "NumberOfConnectivityIds"))
        assert (root["PointData/mass_to_charge"][()] == mass).all() and root["PointData/label"][()].max() > 0
        assert {len(node) for node in root["PointData"].values()} == {len(mass)}


@pytest.mark.parametrize("suffix", ["pos", "csv", "xyz", "vtkhdf"])
def test_record_beside_says_digest_and_size(suffix, house, tmp_path):
    document = ok("export", house.range, "-o", tmp_path / f"x.{suffix}")
    data = (tmp_path / f"x.{suffix}").read_bytes()
    assert document["output"]["file"] == f"x.{suffix}" and document["output"]["bytes"] == len(data)
    assert hashlib.sha256(data).hexdigest() in document["summary"]["sha256"]
    assert call("show", tmp_path / f"x.{suffix}.nxs").code == 0


def test_exports_are_the_same_bytes_again(house, tmp_path):
    for suffix in ("pos", "csv", "xyz", "vtkhdf"):
        for n in (1, 2):
            (tmp_path / str(n)).mkdir(exist_ok=True)
            ok("export", house.range, "--threads", n, "-o", tmp_path / str(n) / f"x.{suffix}")
        assert (tmp_path / f"1/x.{suffix}").read_bytes() == (tmp_path / f"2/x.{suffix}").read_bytes()


def test_what_cannot_be_exported(house, tmp_path):
    fails(64, "E_OUTPUT_FORMAT", "export", house.range, "-o", tmp_path / "x.abc")
    fails(64, "E_OUTPUT_FORMAT", "export", house.range, "-o", tmp_path / "x")
    fails(65, "E_INPUT_KIND", "export", house.range, "--label", "domain", "-o", tmp_path / "x.pos")
    fails(65, ("E_INPUT_KIND",), "export", house.net, "-o", tmp_path / "x.pos")
    assert not tool.listing(tmp_path)
