"""What the tests of `import ordapt` share: the package with its library, and how a line of the program is said in Python."""
import os
import pathlib
import subprocess
import sys

import pytest

from made import HERE, SOURCE


def package_folder():
    """For PYTHONPATH: the sources where ORDAPT_LIBRARY names a library, else the installed distribution."""
    if os.environ.get("ORDAPT_LIBRARY"):
        return SOURCE / "plugin" / "src"
    made = subprocess.run(["sh", str(HERE / "install.sh")], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    if made.returncode == 75:
        pytest.skip(f"the distribution could not be built: a registry cannot be reached: {made.stderr.strip()[-200:]}")
    assert made.returncode == 0, made.stderr[-2000:]
    return pathlib.Path(made.stdout.strip())


def load():
    """The package, imported in this process."""
    folder = str(package_folder())
    if folder not in sys.path:
        sys.path.insert(0, folder)
    import ordapt

    return ordapt


def spoken(about, arguments):
    """What follows the step on a line of the program: its main inputs, its slots and its parameters by their Python names."""
    slots = {slot["name"] for slot in about["slots"]}
    inputs, given, words = [], {}, list(arguments)
    while words:
        word = words.pop(0)
        if word.startswith("--"):
            name = word[2:].replace("-", "_")
            given[name] = words.pop(0)
        else:
            inputs.append(word)
    return inputs, {name: value for name, value in given.items() if name in slots}, {name: value for name, value in given.items() if name not in slots}
