"""The published banks of curves, imported, and the published networks judged by them."""
import numpy as np
import pytest

import tool
from tool import digest, fails, ok

h5py = pytest.importorskip("h5py")

FOLDER = tool.REFERENCE / "ml-apt"
FCC, L12 = FOLDER / "generated_cocrni_bank_FCC_counts.npy", FOLDER / "cocrni_bank_L12_CoCo.npy"
FEAL = [FOLDER / f"feal_bank_{name}.npy" for name in ("BCC_FeFe", "BCC_FeFe", "B2_FeFe", "B2_AlAl", "D03_FeFe", "D03_AlAl")]

pytestmark = pytest.mark.skipif(not L12.is_file(), reason="reference data ml-apt is absent (set ORDAPT_REFERENCE)")


def read(path, step, name):
    with h5py.File(path) as file:
        return file[f"/entry1/{step}/{step}1/{name}"][()]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("banks")
    ok("import", *(FOLDER / f"cocrni_model_{i}.h5" for i in range(5)), "-o", folder / "net.nxs")
    ok("import", FCC, "--labels", "FCC", "-o", folder / "fcc.nxs")
    ok("import", L12, "--labels", "CSRO", "-o", folder / "l12.nxs")
    ok("import", FCC, L12, "--preset", "cocrni-002", "--labels", "FCC,CSRO", "-o", folder / "both.nxs")
    return folder


def expected(counts):
    """(P, 93) counts, each curve to minimum 0 and maximum 1."""
    counts = counts.astype(float)
    low, high = counts.min(1, keepdims=True), counts.max(1, keepdims=True)
    return ((counts - low) / (high - low)).astype("f4")


def test_curves_and_labels_are_those_of_the_files(place):
    patterns = read(place / "both.nxs", "import", "patterns/pattern")
    want = np.concatenate([expected(np.load(FCC)), expected(np.load(L12)[:, 1::2].T)])
    assert patterns.shape == (5200, 93, 1) and (patterns[:, :, 0] == want).all()
    assert (read(place / "both.nxs", "import", "labels/label") == np.repeat([0, 1], [3250, 1950])).all()
    assert (read(place / "both.nxs", "import", "labels/target").argmax(1) == np.repeat([0, 1], [3250, 1950])).all()
    assert read(place / "both.nxs", "import", "map/preset") == b"cocrni-002" and read(place / "both.nxs", "import", "map/classes") == b"FCC,CSRO"


def test_published_networks_know_the_published_bank(place):
    result = ok("evaluate", place / "net.nxs", "--patterns", place / "l12.nxs", "-o", place / "a.nxs", "--overwrite")
    assert (read(place / "a.nxs", "evaluate", "by_member/correct") == 1950).all()
    assert result["summary"]["correct"] == 1950 and result["summary"]["accuracy"] == 1 and "auc" not in result["summary"]
    assert [w for w in result["warnings"] if w["code"] == "W_CLASS_MISSING" and "FCC" in w["text"]]


def test_published_networks_on_the_simulated_bank(place):
    summary = ok("evaluate", place / "net.nxs", "--patterns", place / "fcc.nxs", "-o", place / "b.nxs", "--overwrite")["summary"]
    assert read(place / "b.nxs", "evaluate", "by_member/correct").tolist() == [3249, 3249, 3249, 3248, 3249]
    assert summary["correct"] == 3249 and summary["patterns"] == 3250


def test_evaluation_of_both_classes(place):
    out = place / "c.nxs"
    result = ok("evaluate", place / "net.nxs", "--patterns", place / "both.nxs", "--fit-temperature", "true", "-o", out, "--overwrite")
    summary, p = result["summary"], read(out, "evaluate", "predictions/probability").astype(float)
    label = np.repeat([0, 1], [3250, 1950])
    assert read(out, "evaluate", "confusion/count").tolist() == [[3249, 1], [0, 1950]]
    assert summary["log_loss"] == pytest.approx(-np.log(p[np.arange(5200), label]).mean(), rel=1e-4)
    assert summary["brier_score"] == pytest.approx(((p - np.eye(2)[label]) ** 2).sum(1).mean(), rel=1e-4)
    bins = np.minimum(np.ceil(p.max(1) * 15).astype(int) - 1, 14)
    error = sum(abs((p.argmax(1) == label)[bins == b].sum() - p.max(1)[bins == b].sum()) for b in range(15)) / 5200
    assert summary["calibration_error"] == pytest.approx(error, abs=1e-7)
    order = p[:, 1].argsort()
    rank = np.empty(5200)
    rank[order] = np.arange(1, 5201)
    assert summary["auc"] == pytest.approx((rank[3250:].sum() - 1950 * 1951 / 2) / (3250 * 1950), abs=1e-5)
    assert summary["fitted_log_loss"] < summary["log_loss"] and summary["fitted_temperature"] > 1
    assert not result["warnings"]
    for threads in (1, 2, 3):
        again = ok("evaluate", place / "net.nxs", "--patterns", place / "both.nxs", "--fit-temperature", "true", "--threads", threads, "-o", place / "d.nxs",
                   "--overwrite")
        assert digest(again) == digest(result)
    assert ok("replay", out, "--chain", "--search", FOLDER)["records"]
    ok("verify", out, "--search", FOLDER)


def test_two_channels_and_another_map(place):
    summary = ok("import", *FEAL, "--labels", "BCC,B2,D03", "-o", place / "feal.nxs", "--overwrite")["summary"]
    patterns = read(place / "feal.nxs", "import", "patterns/pattern")
    assert patterns.shape == (5000, 93, 2) and summary["classes"] == "BCC,B2,D03" and "feal-002" in summary["assumed"]
    assert (patterns[1500:3000, :, 0] == expected(np.load(FEAL[2])[:, 1::2].T)).all()
    assert (patterns[3000:, :, 1] == expected(np.load(FEAL[5])[:, 1::2].T)).all()
    error = fails(65, "E_MAP_MISMATCH", "evaluate", place / "net.nxs", "--patterns", place / "feal.nxs", "-o", place / "x.nxs")
    assert "feal-002" in error["text"] and "cocrni-002" in error["text"]
    fails(64, "E_PARAMETER_VALUE", "import", *FEAL[:5], "--labels", "BCC,B2,D03", "-o", place / "x.nxs")
    fails(65, "E_COUNT_MISMATCH", "import", FEAL[0], FEAL[4], "--labels", "BCC", "--preset", "feal-002", "-o", place / "x.nxs")
    assert not (place / "x.nxs").exists()


def test_other_orders_and_numbers_give_the_same_patterns(place, tmp_path):
    counts = np.load(FCC)[:50]
    edges = np.repeat(np.load(L12)[:, :1], 50, 1)
    both = np.stack([edges, counts.T], 2).reshape(93, 100)
    want = expected(counts)
    forms = {"f": np.asfortranarray(counts), "i4": counts.astype("<i4"), "u8": counts.astype("<u8"), "f4": counts.astype("<f4"), "f8": counts.astype("<f8"),
             "three": counts[:, :, None], "edges": both, "edges_f": np.asfortranarray(both)}
    for name, array in forms.items():
        np.save(tmp_path / f"{name}.npy", array)
        ok("import", tmp_path / f"{name}.npy", "-o", tmp_path / f"{name}.nxs")
        assert (read(tmp_path / f"{name}.nxs", "import", "patterns/pattern")[:, :, 0] == want).all(), name


def test_what_is_no_bank_is_refused(place, tmp_path):
    data, out = L12.read_bytes(), tmp_path / "x.nxs"
    (tmp_path / "cut.npy").write_bytes(data[:-8])
    (tmp_path / "long.npy").write_bytes(data + b"12345678")
    (tmp_path / "huge.npy").write_bytes(data[:128].replace(b"(93, 3900), }", b"(93,9999999999),}").ljust(128)[:128])
    for name, array in (("places", np.zeros((1000, 3))), ("big", np.zeros((2, 93), ">f8")), ("words", np.array(["a" * 93])),
                        ("objects", np.array([{}], object)), ("other", np.zeros((94, 10)))):
        np.save(tmp_path / f"{name}.npy", array, allow_pickle=True)
    moved = np.load(L12)
    moved[:, 0] += 0.015
    np.save(tmp_path / "moved.npy", moved)
    for name, code in (("cut", "E_TRUNCATED"), ("long", "E_SIZE"), ("huge", ("E_TRUNCATED", "E_NPY")), ("places", "E_INPUT_KIND"), ("big", "E_BYTE_ORDER"),
                       ("words", "E_NPY"), ("objects", "E_H5_PICKLE"), ("other", "E_INPUT_KIND"), ("moved", "E_MAP_MISMATCH")):
        error = fails(65, code, "import", tmp_path / f"{name}.npy", "-o", out)
        assert error["file"].endswith(f"{name}.npy") and (code in ("E_INPUT_KIND", "E_MAP_MISMATCH") or error["offset"] > 0), name
    assert not out.exists()


def test_labels_are_needed_where_something_is_judged(place, tmp_path):
    ok("import", FCC, "-o", tmp_path / "bare.nxs")
    fails(65, "E_INPUT_KIND", "evaluate", place / "net.nxs", "--patterns", tmp_path / "bare.nxs", "-o", tmp_path / "x.nxs")
    ok("import", FCC, "--labels", "fcc", "-o", tmp_path / "named.nxs")
    error = fails(65, "E_MAP_MISMATCH", "evaluate", place / "net.nxs", "--patterns", tmp_path / "named.nxs", "-o", tmp_path / "x.nxs")
    assert "fcc" in error["text"] and "FCC" in error["text"]
    fails(65, ("E_INPUT_KIND", "E_MODEL"), "evaluate", place / "net.nxs", "--patterns", place / "net.nxs", "-o", tmp_path / "x.nxs")
    fails(2, "E_SLOT_MISSING", "evaluate", place / "net.nxs", "-o", tmp_path / "x.nxs")
