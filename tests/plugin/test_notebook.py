"""The tutorial runs to its end, from the vendor file to the upload, and says what it says it does."""
import json
import os
import pathlib
import subprocess
import zipfile

import pytest

from api import package_folder
from made import HERE, PROGRAM, SOURCE, environment

NOTEBOOK = SOURCE / "examples" / "tutorial.ipynb"


@pytest.fixture(scope="session")
def python():
    return str(environment("notebook"))


def test_the_notebook_is_stored_without_outputs():
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in cells if cell["cell_type"] == "code")
    assert NOTEBOOK.stat().st_size < 30_000


def test_the_tutorial_runs(python, tmp_path):
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("NOMAD_", "ORDAPT_TUTORIAL"))}
    environment |= {"PYTHONPATH": str(package_folder()), "ORDAPT_PROGRAM": PROGRAM, "PYTHONDONTWRITEBYTECODE": "1", "IPYTHONDIR": str(tmp_path / "ipython"),
                    "MPLCONFIGDIR": str(tmp_path / "matplotlib")}
    run = subprocess.run([python, str(HERE / "run_notebook.py"), str(NOTEBOOK), str(tmp_path)], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    assert run.returncode == 0, run.stderr[-3000:]
    said = json.loads(run.stdout.splitlines()[-1])
    assert sum("<image>" in text for text in said) == 3
    assert "('success', 'success')" in said and any(text.startswith("E_SPECIES_UNKNOWN - pairs names 'Fe'") for text in said)
    assert "NOMAD_URL is not set" in said[-1]
    folder = pathlib.Path(tmp_path / "tutorial")
    assert zipfile.ZipFile(folder / "tutorial.zip").namelist() == ["tip.pos", "tip.rrng", "tip.nxs", "csro.nxs", "csro.html"]
    assert not list(folder.glob("*.part"))
