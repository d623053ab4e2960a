"""What is written from the catalogue of steps - Python, NOMAD, CWL, Snakemake, Galaxy - is what the program of today would write."""
import importlib.util
import subprocess
import sys

from made import PROGRAM, SOURCE

GENERATOR = SOURCE / "plugin" / "tools" / "generate.py"


def generator():
    spec = importlib.util.spec_from_file_location("generate", GENERATOR)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_generated_files_are_up_to_date():
    done = subprocess.run([sys.executable, str(GENERATOR), "--program", PROGRAM, "--check"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 0, f"{done.stdout}{done.stderr}run plugin/tools/generate.py"


def test_a_changed_help_text_is_seen():
    module = generator()
    document = module.catalogue(PROGRAM)
    crop = next(step for step in document["steps"] if step["name"] == "crop")
    crop["parameters"]["properties"]["every"]["description"] += ", as of now"
    assert {path.rsplit("/", 1)[1] for path in module.differences(module.files(document))} >= {"catalogue.json", "crop.cwl", "ordapt.smk", "ordapt_crop.xml"}


def test_no_descriptor_is_left_of_a_step_that_is_gone():
    module = generator()
    made = set(module.files(module.catalogue(PROGRAM)))
    for pattern in ("galaxy/*.xml", "cwl/*.cwl"):
        for path in (SOURCE / "plugin/src/ordapt/pipelines").glob(pattern):
            is_by_hand = "Written by plugin/tools/generate.py" not in path.read_text(encoding="utf-8")
            assert is_by_hand or path.relative_to(SOURCE).as_posix() in made, path
