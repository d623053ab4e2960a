"""Golden zx-SDMs and their grey pictures through the program. Files hold float32 positions, the golden counts were made of doubles:
offsets are rounded to float32 in either case, but a few pairs of hundreds of thousands lie so near the edge of a bin that they fall on the other side."""
import pytest

import tool
from tool import fails, ok

GOLDEN = tool.REFERENCE / "ml-apt/golden"
RANGES = "[Ions]\nNumber=1\nIon1=Al\n[Ranges]\nNumber=1\nRange1=26.5 27.5 Vol:0.01 Al:1 Color:FF0000\n"


@pytest.fixture(params=["fcc", "l12"])
def crystal(request, tmp_path):
    numpy = pytest.importorskip("numpy")
    if not GOLDEN.exists():
        pytest.skip("reference data ml-apt/golden is absent (set ORDAPT_REFERENCE)")
    load = lambda name: numpy.load(GOLDEN / f"zximg_{request.param}_{name}.npy")
    atoms = load("atoms_xyz")
    rows = numpy.column_stack([atoms, numpy.full(len(atoms), 27.0)]).astype(">f4")
    (tmp_path / "crystal.pos").write_bytes(rows.tobytes())
    tool.write_rrng(tmp_path / "crystal.rrng", RANGES)
    ok("import", tmp_path / "crystal.pos", tmp_path / "crystal.rrng", "-o", tmp_path / "crystal.nxs")
    return tmp_path, load("counts"), load("gray150_formula"), load("gray150")


def read(path, *names):
    h5py = pytest.importorskip("h5py")
    with h5py.File(path) as file:
        return [file[f"entry1/sdm/sdm1/{name}"][0, 0] for name in names]


def test_zx_maps_and_pictures_are_the_golden_ones(crystal):
    folder, counts, formula, drawn = crystal
    out = folder / "map.nxs"
    ok("sdm", folder / "crystal.nxs", "--preset", "allimg-011", "--pairs", "Al-Al", "--picture", "levels", "-o", out)
    found, grey = read(out, "maps/counts", "pictures/grey")
    moved = abs(found.astype("i8") - counts.astype("i8")).sum() / counts.sum()
    assert found.shape == (200, 200) and moved < 2e-3, moved
    assert abs(int(found.sum()) - int(counts.sum())) <= 1e-4 * counts.sum()
    assert grey.shape == (150, 150) and (grey == formula).mean() >= 0.98, (grey == formula).mean()
    assert (grey == drawn).mean() >= 0.97, "what the plot library draws differs on 2 % of the pixels"


def test_linear_pictures_are_in_proportion(crystal):
    folder, _, _, _ = crystal
    out = folder / "map.nxs"
    ok("sdm", folder / "crystal.nxs", "--preset", "allimg-011", "--pairs", "Al-Al", "--picture", "linear", "--pixels", "70", "-o", out)
    found, grey = read(out, "maps/counts", "pictures/grey")
    assert grey.shape == (70, 70) and grey.max() == 255
    assert grey.mean() == pytest.approx(255 * found[53:147, 53:147].mean() / found[53:147, 53:147].max(), rel=0.05)


def test_curves_are_no_pictures(house, tmp_path):
    error = fails(64, "E_PARAMETER_VALUE", "sdm", house.range, "--pairs", "Ni-Ni", "--picture", "levels", "-o", tmp_path / "x.nxs")
    assert error["parameter"] == "picture"
