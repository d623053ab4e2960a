"""ordapt: chemical order in atom probe data, with its provenance.

    import ordapt
    ions = ordapt.Ions.read("tip.nxs")                     # or ordapt.Ions(x, y, z, mass_to_charge, ...) from NumPy arrays
    maps = ordapt.sdm(ions, pairs="Ni-Ni", radius=0.75)    # one function per step: help(ordapt.sdm)
    maps["mean_map/counts"], maps.summary, maps.record, maps.digest
    maps.write("sdm.nxs")                                  # the file that the program writes
    ordapt.run("csro", tip="tip.nxs", species="Ni", output="csro.nxs")   # recipes, by the program

Nothing is loaded before it is used: neither the engine nor NumPy. What there is for type checkers stands in __init__.pyi.
"""

from __future__ import annotations

import importlib

__version__ = "0.1.0"  # the project VERSION of CMakeLists.txt: a test compares the two

__all__ = ["IonType", "Ions", "Note", "OrdaptError", "Range", "Result", "Task", "__version__", "check", "errors", "program", "run", "steps", "upload"]

_MODULES = {"errors", "program", "steps", "upload"}
_HOMES = {
    "check": "_call",
    "run": "_recipe",
    "OrdaptError": "errors",
    "Ions": "ions",
    "IonType": "ions",
    "Range": "ions",
    "Note": "result",
    "Result": "result",
    "Task": "result",
}


def _step_names() -> set[str]:
    from ._catalogue import steps

    return {"import_" if name == "import" else name for name in steps()}


def __getattr__(name: str) -> object:
    if name in _MODULES:
        return importlib.import_module(f".{name}", __name__)
    if name not in _HOMES and (name.startswith("_") or name not in _step_names()):
        raise AttributeError(f"module 'ordapt' has no attribute '{name}'")
    found: object = getattr(importlib.import_module(f".{_HOMES.get(name, 'steps')}", __name__), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, *_step_names()})
