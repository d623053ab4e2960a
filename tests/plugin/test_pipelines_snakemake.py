"""The Snakemake rules, run: digests as by hand, a killed job made again, bad input told by the program."""
import json
import textwrap

import pipelines
import pytest
from pipelines import FOLDER, digest, environment, on_path, run

RULES = FOLDER / "snakemake"
KILLER = """
#!/bin/sh
# The program; the process of slab 2 is killed once, in the middle.
case "$*" in
*--dry-run*) ;;
*"--slab 2/"*) if mkdir killed 2>/dev/null; then ordapt "$@" & sleep 0.1; kill -9 $!; wait $!; exit $?; fi ;;
esac
exec ordapt "$@"
"""


@pytest.fixture(scope="module")
def specimen(tmp_path_factory):
    return pipelines.shared_specimen(tmp_path_factory)


def snakemake(folder, *words, code=0):
    return run([environment("snakemake").parent / "snakemake", "--directory", folder, *words], code, cwd=folder, env=on_path(folder / "bin", "snakemake"))


def test_the_chain(specimen, tmp_path):
    specimen.copy(tmp_path, "tip.pos", "tip.rrng")
    snakemake(tmp_path, "--snakefile", RULES / "csro/Snakefile", "--profile", RULES / "profiles/local", "--config", f"roi=[{pipelines.ROI}]")
    for name in ("tip", "control", "found", "null", "domains"):
        assert digest(tmp_path / f"{name}.json") == specimen.digests[name], name


def test_a_killed_slab_is_made_again_and_the_digest_is_that_of_one_run(specimen, tmp_path):
    specimen.copy(tmp_path, "tip.nxs")
    killer = tmp_path / "killer"
    killer.write_text(KILLER.lstrip(), encoding="utf-8")
    killer.chmod(0o755)
    done = snakemake(tmp_path, "--snakefile", RULES / "slabs/Snakefile", "--profile", RULES / "profiles/local", "--config", f"ordapt={killer}", "slabs=3",
                     "parameters={species: Ni, threshold: 0.5, class: 1}")
    assert (tmp_path / "killed").is_dir() and "Trying to restart" in done.stderr
    assert digest(tmp_path / "classify.json") == specimen.digests["whole"]


def test_a_file_by_its_name_and_a_wrong_parameter(specimen, tmp_path):
    specimen.copy(tmp_path, "tip.nxs")
    rules = ["--snakefile", RULES / "ordapt.smk", "--cores", "2", "--show-failed-logs"]
    snakemake(tmp_path, *rules, "tip.crop.composition.nxs", "tip.crop.export.xyz", "--config", "crop={roi: [-3,3,-3,3,-9,-3]}")
    by_hand = json.loads(run([pipelines.PROGRAM, "crop", "tip.nxs", f"--roi={pipelines.ROI}", "--json", "-o", "hand.nxs"], cwd=tmp_path).stdout)
    assert digest(tmp_path / "tip.crop.json") == by_hand["output"]["results_sha256"]
    done = snakemake(tmp_path, *rules, "tip.sdm.nxs", "--config", "sdm={pairs: Zz-Zz}", code=1)
    assert "non-zero exit status 64" in done.stderr and "E_SPECIES_UNKNOWN" in done.stderr and not (tmp_path / "tip.sdm.nxs").exists()


def test_every_rule_can_be_planned(steps_of_the_catalogue, tmp_path):
    """Snakemake parses and plans a job of each rule; the memory of a slab is what the program predicts for it."""
    (tmp_path / "tip.pos").touch()
    (tmp_path / "tip.rrng").touch()
    (tmp_path / "tip.nxs").touch()
    targets = [f"tip.{step['name']}.{'pos' if step['gives_file'] else 'nxs'}" for step in steps_of_the_catalogue]
    done = snakemake(tmp_path, "--snakefile", RULES / "ordapt.smk", "--cores", "1", "--dry-run", "--printshellcmds", *targets)
    for step in steps_of_the_catalogue:
        assert f"ordapt {step['name']} " in done.stdout, step["name"]


def test_the_plan_for_slurm(specimen, tmp_path):
    specimen.copy(tmp_path, "tip.nxs")
    done = snakemake(tmp_path, "--snakefile", RULES / "slabs/Snakefile", "--profile", RULES / "profiles/slurm", "--dry-run")
    predicted = json.loads(run([pipelines.PROGRAM, "classify", "tip.nxs", "--species", "Ni", "--slab", "2/4", "--dry-run", "--json", "-o", "x.nxs"], cwd=tmp_path).stdout)
    jobs = [line for line in done.stdout.splitlines() if "slurm_partition=standard" in line and "runtime=60" in line]
    assert len(jobs) == 6, textwrap.shorten(done.stdout, 3000)
    assert any(f"mem_mb={predicted['predicted_bytes'] // 1_000_000 + 200}," in line for line in jobs)


@pytest.fixture
def steps_of_the_catalogue():
    return json.loads(run([pipelines.PROGRAM, "describe", "--json"]).stdout)["steps"]
