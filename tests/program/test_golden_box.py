"""The golden end-to-end box and the authors' lists, from vendor file to domains, through the program's files."""
import h5py
import numpy as np
import pytest
import tool

GOLDEN = tool.REFERENCE / "ml-apt" / "golden"
NETWORKS = [tool.REFERENCE / "ml-apt" / f"cocrni_model_{i}.h5" for i in range(5)]
ROI = ("--roi", "-4,4,-4,4,-12,0")
RRNG = """[Ions]
Number=3
Ion1=Co
Ion2=Cr
Ion3=Ni
[Ranges]
Number=3
Range1=29.0 30.0 Vol:0.011 Co:1 Color:0000FF
Range2=25.0 27.0 Vol:0.012 Cr:1 Color:FF00FF
Range3=28.0 28.9 Vol:0.011 Ni:1 Color:00FF00
"""
MASS = np.array([29.5, 26.0, 28.5])  # labels 0, 1, 2: Co, Cr, Ni

pytestmark = pytest.mark.skipif(not GOLDEN.is_dir(), reason="reference data ml-apt/golden is absent (set ORDAPT_REFERENCE)")


def golden(name):
    return np.load(GOLDEN / f"{name}.npy")


def write_tip(folder, labels):
    xyzm = np.c_[golden("e2e_xyz"), MASS[labels]].astype(">f4")
    (folder / "tip.pos").write_bytes(xyzm.tobytes())
    (folder / "tip.rrng").write_text(RRNG)
    tool.ok("import", folder / "tip.pos", folder / "tip.rrng", "-o", folder / "tip.nxs")
    return folder / "tip.nxs"


@pytest.fixture(scope="module", params=["e2e", "e2erand"])
def box(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param)
    tip = write_tip(folder, golden("e2e_label" if request.param == "e2e" else "e2e_label_randomised"))
    tool.ok("import", *NETWORKS, "-o", folder / "net.nxs")
    tool.ok("sdm", tip, "--pairs", "Ni-Ni", *ROI, "-o", folder / "sdm.nxs")
    tool.ok("classify", tip, "--model", folder / "net.nxs", "--species", "Ni", *ROI, "-o", folder / "found.nxs")
    return request.param, folder


def read(path, name):
    with h5py.File(path) as file:
        return file[name][()]


def differing_voxels(folder):
    """Voxels where storing coordinates as float32 moved a pair across a bin edge."""
    maps = read(folder / "sdm.nxs", "/entry1/sdm/sdm1/maps/counts")[:, 0, :]
    return (maps != golden("e2e_zsdm")).any(axis=1)


@pytest.mark.parametrize("box", ["e2e"], indirect=True)
def test_maps_are_equal_but_for_float32(box):
    assert differing_voxels(box[1]).sum() <= 11


def test_probabilities_agree(box):
    name, folder = box
    found = read(folder / "found.nxs", "/entry1/classify/classify1/probability/probability").reshape(-1, 2)
    wanted = golden(f"{name}_prob").reshape(found.shape[0], -1)[:, -1]
    off = np.abs(found[:, 1] - wanted) > 2e-5
    # float32 changes a handful of maps; one voxel in each box is a tie of the background, stated in the reference
    assert off.sum() <= 12


def test_selected_ions_are_exact(box):
    name, folder = box
    index = read(folder / "found.nxs", "/entry1/classify/classify1/selected/ion_index")
    assert (np.diff(index.astype(np.int64)) > 0).all()
    assert sorted(index) == sorted(np.unique(golden(f"{name}_extracted_index")))


def test_domains_are_the_same_partition(box):
    name, folder = box
    tool.ok("domains", folder / "found.nxs", "-o", folder / "domains.nxs")
    ours = dict(zip(read(folder / "domains.nxs", "/entry1/domains/domains1/membership/ion_index"),
                    read(folder / "domains.nxs", "/entry1/domains/domains1/membership/domain")))
    index, labels = golden(f"{name}_extracted_index"), golden(f"{name}_dbscan_labels")
    pairs = {(ours[i], label) for i, label in zip(index, labels)}
    assert len(pairs) == len({a for a, _ in pairs}) == len({b for _, b in pairs})
    assert all((a == 0) == (b == -1) for a, b in pairs)


def test_the_authors_lists(tmp_path):
    for name in ("NiNi", "Random_NiNi"):
        tool.ok("import", tool.REFERENCE / "ml-apt" / f"cocrni_extracted_{name}.csv", "-o", tmp_path / f"{name}.nxs")
    summary = tool.ok("domains", tmp_path / "NiNi.nxs", "--control", tmp_path / "Random_NiNi.nxs", "-o", tmp_path / "d.nxs")["summary"]
    assert (summary["domains"], summary["control_domains"], summary["bins_used"]) == (1377, 1315, 30)
    assert summary["pearson_r"] == pytest.approx(0.9902042168, abs=1e-10)
    assert summary["chi2"] == pytest.approx(156.1547, abs=5e-5)
    assert summary["mu"] == pytest.approx(0.3224186832885194, abs=1e-12)


def test_real_ions_replay_on_any_number_of_threads(tmp_path):
    data = next((tool.REFERENCE / "apt-data").glob("a356617605__*"))
    tool.ok("import", data / "cocrni_nini_pre_extract.pos", data / "CoCrNi.RRNG", "-o", tmp_path / "tip.nxs")
    tool.ok("import", *NETWORKS, "-o", tmp_path / "net.nxs")
    made = tool.ok("classify", tmp_path / "tip.nxs", "--model", tmp_path / "net.nxs", "--species", "Ni", "--roi", "-10,10,-10,10,-120,0", "-o",
                   tmp_path / "found.nxs", timeout=300)
    for threads in (1, 2, 4):
        again = tool.ok("replay", tmp_path / "found.nxs", "--chain", "--search", tool.REFERENCE, "--threads", threads, timeout=300)
        assert all(record["same"] for record in again["records"])
        assert again["records"][-1]["got"] == made["output"]["results_sha256"]
