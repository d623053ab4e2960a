"""scikit-build-core, after one question: are the sources of the engine there? Named as build-backend in pyproject.toml."""

import pathlib

import scikit_build_core.build as _skbuild
from scikit_build_core.build import *  # noqa: F403 - a build backend is a module with these functions

_ENGINE = pathlib.Path(__file__).resolve().parents[2]

if not (_ENGINE / "core" / "include" / "ordapt.h").is_file():
    raise SystemExit(
        f"The sources of the engine are not beside {_ENGINE / 'plugin'}: build inside a clone of ordapt, by `pip install ./plugin` or "
        "`python -m build --wheel plugin`. A source distribution of plugin/ alone holds no engine; a wheel needs no sources."
    )

__all__ = _skbuild.__all__
