"""Monte Carlo on lattices and diffuse scattering as a user meets them: golden tasks, the same for any number of threads, errors."""
import csv

import h5py
import pytest

from tool import REFERENCE, digest, fails, ok

BOLTZMANN = 8.617333262145179e-5  # eV/K
CONVENTIONAL = REFERENCE / "conventional"


def table(name):
    if not CONVENTIONAL.exists():
        pytest.skip("reference data conventional is absent (set ORDAPT_REFERENCE)")
    with open(CONVENTIONAL / name, newline="") as file:
        return list(csv.DictReader(file))


def graph(name):
    """Lattice and cells of a graph of the reference data: what its name says."""
    for structure in ("square", "bcc", "fcc", "sc"):
        if name.startswith(structure):
            return structure, name[len(structure):].replace("x", ",") + (",1" if structure == "square" else "")
    raise ValueError(name)


def test_exact_ensembles(tmp_path):
    """weight exp(beta_J * unlike pairs): an energy of -beta_J kT each."""
    for row in table("expected/mc_exact.csv"):
        structure, cells = graph(row["graph"])
        sites = len({site for edge in table(f"inputs/graph_{row['graph']}.csv") for site in edge.values()})
        share, beta = int(row["n_B"]) / sites, float(row["beta_J"])
        out = tmp_path / f"{row['graph']}{beta}.nxs"
        ok("monte_carlo", "--structure", structure, "--cells", cells, "--composition", f"Ni:{1 - share},Al:{share}", "--energies", f"Ni-Al:{-beta * BOLTZMANN * 1000!r}",
           "--temperature", 1000, "--shells", 1, "--sweeps", 200000, "--every", 1, "-o", out, timeout=120)
        with h5py.File(out) as file:
            group = file["entry1/monte_carlo/monte_carlo1/shells"]
            assert group["pairs"][0, 0] == pytest.approx(float(row["mean_unlike"]), rel=0.01)
            assert group["alpha"][0, 0] == pytest.approx(float(row["mean_alpha1"]), abs=0.01)
            assert group["alpha_errors"][0, 0] < 0.003


def test_one_chain_for_any_number_of_threads_and_its_ions_are_ions(house, tmp_path):
    seen = {digest(ok("monte_carlo", "--energies", "Ni-Al:-0.03", "--cells", 8, "--sweeps", 100, "--threads", t, "-o", tmp_path / f"{t}.nxs")) for t in (1, 2, 3)}
    assert len(seen) == 1
    shares = ok("composition", house.monte_carlo, "-o", tmp_path / "composition.nxs")["summary"]["composition"]
    assert "25" in shares and "75" in shares
    ok("replay", house.monte_carlo)


def test_a_run_off_equilibrium_says_so_with_its_memory(tmp_path):
    warnings = ok("monte_carlo", "--energies", "Ni-Al:-0.03", "--cells", 8, "--temperature", 400, "--exchange", "neighbours", "--sweeps", 200, "-o", tmp_path / "x.nxs")["warnings"]
    assert [w["code"] for w in warnings] == ["W_NOT_EQUILIBRATED"] and "autocorrelation" in warnings[0]["text"]


@pytest.mark.parametrize("arguments, status, code", [
    ((), 64, "E_PARAMETER_VALUE"), (("--energies", "Ni-Al"), 64, "E_PARAMETER_VALUE"), (("--energies", "Ni-Cr:1"), 64, "E_SPECIES_UNKNOWN"),
    (("--energies", "Ni-Al:1", "--temperature", 0), 64, "E_PARAMETER_RANGE"), (("--energies", "Ni-Al:1", "--temperature", -5), 64, "E_PARAMETER_RANGE"),
    (("--energies", "Ni-Al:1", "--composition", "Ni:1"), 64, "E_PARAMETER_RANGE"), (("--energies", "Ni-Al:1", "--composition", "Ni:0,Al:1"), 64, "E_PARAMETER_RANGE"),
    (("--energies", "Ni-Al:1", "--structure", "hcp"), 64, "E_PARAMETER_CHOICE"), (("--energies", "Ni-Al:1", "--cells", 1), 64, "E_PARAMETER_RANGE"),
    (("--energies", "Ni-Al:1", "--cells", 800), 69, None), (("--energies", "Ni-Al:1", "--cells", 4096), 69, None),
])
def test_what_cannot_be_is_refused(arguments, status, code, tmp_path):
    assert fails(status, code or "E_MEMORY", "monte_carlo", *arguments, "--cells=3" if not arguments else "--seed=1", "-o", tmp_path / "x.nxs")["text"]
    assert not list(tmp_path.iterdir())


# ---- targets ----


def test_order_asked_for_is_what_warren_cowley_finds(tmp_path):
    """The same bytes for any number of threads, and the specimen, read again, has the parameters it was made for."""
    arguments = ("--targets", "Ni-Al:-0.2/0.15", "--cells", 8)
    seen = {digest(ok("monte_carlo", *arguments, "--threads", t, "-o", tmp_path / f"{t}.nxs")) for t in (1, 2, 3)}
    assert len(seen) == 1
    summary = ok("monte_carlo", *arguments, "-o", tmp_path / "x.nxs")["summary"]
    assert summary["is_met"] and summary["largest_miss"] <= 0.001 and "energy" not in summary
    with h5py.File(tmp_path / "x.nxs") as file:
        assert "energy" not in file["entry1/monte_carlo/monte_carlo1"]
        alpha = file["entry1/monte_carlo/monte_carlo1/shells/alpha"][0]
    assert alpha[:2] == pytest.approx([-0.2, 0.15], abs=0.001)
    ok("warren_cowley", tmp_path / "x.nxs", "--pairs", "Ni-Al", "--lattice", "fcc", "--lattice-parameter", 0.36, "--lattice-shells", 4, "--periodic", "2.88,2.88,2.88",
       "--draws", 0, "-o", tmp_path / "order.nxs")
    with h5py.File(tmp_path / "order.nxs") as file:
        assert file["entry1/warren_cowley/warren_cowley1/order/alpha"][0] == pytest.approx(alpha, abs=1e-9)
    ok("replay", tmp_path / "x.nxs")


def test_targets_that_contradict_each_other_end_with_a_warning(tmp_path):
    reply = ok("monte_carlo", "--targets", "Ni-Al:-0.3333/-0.3333", "--cells", 6, "--sweeps", 100, "-o", tmp_path / "x.nxs")
    assert [w["code"] for w in reply["warnings"]] == ["W_TARGETS_MISSED"] and "shell 2" in reply["warnings"][0]["text"]
    assert not reply["summary"]["is_met"] and reply["summary"]["sweeps"] == 100


@pytest.mark.parametrize("arguments, code", [
    (("--targets", "Ni-Al:-0.5"), "E_PARAMETER_RANGE"), (("--targets", "Ni-Al:-0.2", "--energies", "Ni-Al:1"), "E_PARAMETER_VALUE"),
    (("--energies", "Ni-Al:1", "--weights", "Ni-Al:1"), "E_PARAMETER_VALUE"), (("--targets", "Ni-Ni:-0.2"), "E_PARAMETER_VALUE"),
    (("--energies", "Ni-Al:-0.03", "--infer-energies", "true"), "E_PARAMETER_VALUE"),
    (("--targets", "Ni-Al:-0.2", "--infer-energies", "true", "--sweeps", 5), "E_PARAMETER_RANGE"),
])
def test_targets_that_cannot_be_are_refused(arguments, code, tmp_path):
    assert fails(64, code, "monte_carlo", *arguments, "-o", tmp_path / "x.nxs")["text"]
    assert not list(tmp_path.iterdir())


def test_energies_are_inferred_from_the_order_they_make(tmp_path):
    """Energies, the order at equilibrium, and from that order the energies again, within their errors."""
    true = (-0.03, 0.012)
    ok("monte_carlo", "--energies", "Ni-Al:-0.03/0.012", "--temperature", 1500, "--cells", 8, "--sweeps", 20000, "-o", tmp_path / "a.nxs")
    with h5py.File(tmp_path / "a.nxs") as file:
        alpha = file["entry1/monte_carlo/monte_carlo1/shells/alpha"][0, :2]
    reply = ok("monte_carlo", "--targets", f"Ni-Al:{alpha[0]}/{alpha[1]}", "--infer-energies", "true", "--temperature", 1500, "--cells", 8, "--sweeps", 4000,
               "-o", tmp_path / "b.nxs", timeout=120)
    assert reply["summary"]["is_met"] and reply["summary"]["turns"] < 6 and not reply["warnings"]
    with h5py.File(tmp_path / "b.nxs") as file:
        shells = file["entry1/monte_carlo/monte_carlo1/shells"]
        energies, errors = shells["energies"][0], shells["energies_errors"][0]
        assert shells["alpha"][0, :2] == pytest.approx(alpha, abs=0.003)
        assert all(abs(e - t) < 5 * s and 0 < s < 0.001 for e, t, s in zip(energies, true, errors))
        assert list(energies[2:]) == [0, 0] and all(s != s for s in errors[2:])
    ok("replay", tmp_path / "b.nxs", timeout=120)


def test_energies_of_three_species_are_inferred(tmp_path):
    reply = ok("monte_carlo", "--composition", "Co:0.334,Cr:0.333,Ni:0.333", "--targets", "Co-Cr:-0.05/0.02,Co-Ni:0.02,Cr-Ni:-0.1/0.05", "--infer-energies", "true",
               "--cells", 8, "-o", tmp_path / "x.nxs", timeout=120)
    assert reply["summary"]["is_met"] and reply["summary"]["largest_miss"] < 0.004


def test_order_that_no_equilibrium_has_is_told(tmp_path):
    reply = ok("monte_carlo", "--targets", "Ni-Al:-0.3333/-0.3333", "--infer-energies", "true", "--cells", 6, "--sweeps", 200, "--equilibration", 100, "-o", tmp_path / "x.nxs", timeout=120)
    assert not reply["summary"]["is_met"] and "W_TARGETS_MISSED" in [w["code"] for w in reply["warnings"]]


# ---- diffuse ----


def vectors(rows, names):
    return ";".join(",".join(row[name] for name in names) for row in rows)


def test_diffuse_intensity_of_warren_cowley_parameters(tmp_path):
    shells = ";".join(f"{row['l']},{row['m']},{row['n']}:{row['alpha']}" for row in table("inputs/alpha_shells.csv"))
    out = tmp_path / "alpha.nxs"
    ok("diffuse", "--shells", shells, "--q", vectors(table("inputs/hkl.csv"), "hkl"), "-o", out)
    with h5py.File(out) as file:
        alpha = file["entry1/diffuse/diffuse1/alpha/alpha"][()]
    assert alpha == pytest.approx([float(row["alpha_q"]) for row in table("expected/alpha_q.csv")], abs=1e-9)
    ok("replay", out)


def test_structure_factor_by_direct_sum(tmp_path):
    table("inputs/qlist.csv")
    ok("import", CONVENTIONAL / "inputs/points.pos", "-o", tmp_path / "points.nxs")
    q, want = vectors(table("inputs/qlist.csv"), ("qx", "qy", "qz")), [float(row["S"]) for row in table("expected/sq.csv")]
    seen = {digest(ok("diffuse", tmp_path / "points.nxs", "--units", "per_nm", "--q", q, "--threads", t, "--kernel", kernel, "-o", tmp_path / f"{kernel}{t}.nxs"))
            for t, kernel in ((1, "auto"), (3, "auto"), (2, "scalar"))}
    assert len(seen) == 1
    with h5py.File(tmp_path / "auto1.nxs") as file:
        factor = file["entry1/diffuse/diffuse1/factor/structure_factor"][()]
    scale = 0.01 * max(want)
    assert max(abs(a - b) / max(abs(b), scale) for a, b in zip(factor, want)) < 1e-5


def test_order_of_a_simulated_alloy_scatters_at_its_superlattice(tmp_path):
    """Ni3Al, annealed to L1_2 (2048 sites: 2048 / 3 Laue units if perfect): at 100 and 110, and nowhere between."""
    ok("monte_carlo", "--energies", "Ni-Al:-0.05/0.03", "--cells", 8, "--temperature", 250, "--anneal-from", 3000, "-o", tmp_path / "alloy.nxs")
    ok("diffuse", tmp_path / "alloy.nxs", "--species", "Al", "--q", "1,0,0;1,1,0;0.5,0.5,0.5", "-o", tmp_path / "diffuse.nxs")
    with h5py.File(tmp_path / "diffuse.nxs") as file:
        alpha = file["entry1/diffuse/diffuse1/alpha/alpha"][()]
    assert min(alpha[:2]) > 300 and alpha[2] < 30


@pytest.mark.parametrize("arguments, status, code", [
    (("--q", "1,0"), 64, "E_PARAMETER_VALUE"), (("--q", ";"), 64, "E_PARAMETER_VALUE"), (("--species", "Fe"), 64, "E_SPECIES_UNKNOWN"),
    (("--shells", "1,1,0:1"), 64, "E_PARAMETER_VALUE"), (("--grid-points", "0,1,1"), 64, "E_PARAMETER_RANGE"), (("--grid-points", "9999,9999,99"), 69, "E_MEMORY"),
])
def test_what_cannot_scatter_is_refused(arguments, status, code, house, tmp_path):
    assert fails(status, code, "diffuse", house.range, *arguments, "-o", tmp_path / "x.nxs")["text"]
    fails(2, "E_SLOT_MISSING", "diffuse", "-o", tmp_path / "x.nxs")
