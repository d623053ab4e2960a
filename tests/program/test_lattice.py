"""Monte Carlo on lattices as a user meets it: exact ensembles of the reference data, one chain for any number of threads, errors."""
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
