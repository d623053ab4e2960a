"""Class activation maps of a published network, through the program's files, against the golden arrays."""
import numpy as np
import pytest

import tool
from tool import digest, fails, ok

h5py = pytest.importorskip("h5py")

FOLDER = tool.REFERENCE / "ml-apt"
GOLDEN = FOLDER / "golden"
TOLERANCE = 1e-5  # of the largest value of a row: the networks run in float32

pytestmark = pytest.mark.skipif(not GOLDEN.is_dir(), reason="reference data ml-apt/golden is absent (set ORDAPT_REFERENCE)")


def read(path, name):
    with h5py.File(path) as file:
        return file[f"/entry1/attribute/attribute1/{name}"][()]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("maps")
    ok("import", FOLDER / "cocrni_model_4.h5", "-o", folder / "one.nxs")
    ok("import", *(FOLDER / f"cocrni_model_{i}.h5" for i in range(5)), "-o", folder / "five.nxs")
    ok("import", GOLDEN / "gradcam_inputs.npy", "-o", folder / "patterns.nxs")
    return folder


@pytest.mark.parametrize("method, golden", [("elementwise", "published"), ("grad_cam", "standard")])
def test_maps_are_golden(method, golden, place):
    out = place / f"{method}.nxs"
    result = ok("attribute", place / "one.nxs", "--patterns", place / "patterns.nxs", "--method", method, "-o", out)
    want, heat = np.load(GOLDEN / f"gradcam_heat_{golden}_model4.npy"), read(out, "attribution/heat")
    assert heat.shape == (8, 84) and (np.abs(heat - want) <= TOLERANCE * want.max(1, keepdims=True)).all()
    classes = np.load(GOLDEN / "gradcam_class_model4.npy")
    assert (read(out, "followed/class") == classes).all() and (read(out, "followed/probability") > 0.5).all()
    position = read(out, "attribution/position")
    assert position == pytest.approx(-0.615 + 0.015 * np.arange(84), abs=1e-9)
    for c in range(2):
        assert read(out, "by_class/heat")[c] == pytest.approx(heat[classes == c].mean(0), rel=1e-5)
        curves = np.load(GOLDEN / "gradcam_inputs.npy")[classes == c]
        assert read(out, "mean_curve/mean")[c, :, 0] == pytest.approx(curves.mean(0), abs=1e-6)
    assert result["summary"]["layer"] == 1 and result["summary"]["networks"] == 1 and not result["warnings"]
    for threads in (1, 3):
        again = ok("attribute", place / "one.nxs", "--patterns", place / "patterns.nxs", "--method", method, "--threads", threads, "-o", place / "again.nxs", "--overwrite")
        assert digest(again) == digest(result)
    assert ok("replay", out)["records"][0]["same"]
    ok("verify", out, "--search", FOLDER, "--search", GOLDEN)


def test_members_and_their_mean(place, tmp_path):
    patterns = ("--patterns", place / "patterns.nxs", "--class", "CSRO")
    each = []
    for m in range(5):
        ok("attribute", place / "five.nxs", *patterns, "--member", m, "-o", tmp_path / f"{m}.nxs")
        each.append(read(tmp_path / f"{m}.nxs", "attribution/heat"))
    ok("attribute", place / "five.nxs", *patterns, "-o", tmp_path / "all.nxs")
    heat = read(tmp_path / "all.nxs", "attribution/heat")
    assert (read(tmp_path / "all.nxs", "followed/class") == 1).all()
    assert (np.abs(heat - np.mean(each, 0)) <= 1e-6 * heat.max(1, keepdims=True)).all() and (each[0] != each[1]).any()
    ok("attribute", place / "one.nxs", *patterns, "-o", tmp_path / "one.nxs")
    assert (read(tmp_path / "one.nxs", "attribution/heat") == each[4]).all()


def test_void_patterns_are_left_out(place, tmp_path):
    curves = np.load(GOLDEN / "gradcam_inputs.npy")
    curves[2] = 7
    np.save(tmp_path / "void.npy", curves)
    ok("import", tmp_path / "void.npy", "-o", tmp_path / "void.nxs")
    result = ok("attribute", place / "one.nxs", "--patterns", tmp_path / "void.nxs", "-o", tmp_path / "out.nxs")
    heat = read(tmp_path / "out.nxs", "attribution/heat")
    ok("attribute", place / "one.nxs", "--patterns", place / "patterns.nxs", "-o", tmp_path / "whole.nxs")
    whole = read(tmp_path / "whole.nxs", "attribution/heat")
    assert np.isnan(heat[2]).all() and (np.delete(heat, 2, 0) == np.delete(whole, 2, 0)).all()
    assert read(tmp_path / "out.nxs", "followed/class")[2] == -1 and result["summary"]["invalid_patterns"] == 1
    assert read(tmp_path / "out.nxs", "by_class/patterns").sum() == 7
    assert "W_NO_CURVE" in [w["code"] for w in result["warnings"]]


def test_what_does_not_fit_is_refused(place, tmp_path):
    patterns, out = ("--patterns", place / "patterns.nxs"), tmp_path / "x.nxs"
    fails(64, "E_PARAMETER_RANGE", "attribute", place / "one.nxs", *patterns, "--member", 1, "-o", out)
    fails(64, "E_PARAMETER_CHOICE", "attribute", place / "one.nxs", *patterns, "--class", "B2", "-o", out)
    fails(64, "E_PARAMETER_CHOICE", "attribute", place / "one.nxs", *patterns, "--method", "lime", "-o", out)
    fails(65, ("E_INPUT_KIND", "E_MODEL"), "attribute", place / "patterns.nxs", *patterns, "-o", out)
    assert not out.exists()
