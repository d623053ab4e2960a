"""One call of one step: parameters to text, slots filled from ions, results and files, a result back."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from . import _catalogue, _engine, errors

if TYPE_CHECKING:
    from .result import Result

Path = str | os.PathLike[str]


class Options(NamedTuple):
    """What every step takes beside slots and parameters."""

    threads: int | None = None
    kernel: str | None = None
    progress: Callable[[_engine.Progress], object] | None = None
    search: Path | Sequence[Path] | None = None


def as_text(value: Any) -> str:
    """A value as it is typed on the command line: 0.75, true, -10,10, Ni-Ni,Co-Cr."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or type(value).__name__ in ("bool_", "bool"):
        return "true" if value else "false"
    if isinstance(value, Sequence) or hasattr(value, "__iter__"):
        return ",".join(as_text(one) for one in value)
    if isinstance(value, float):
        return float.__repr__(value)
    return str(value.item() if hasattr(value, "item") else value)


def new_call(context: _engine.Context, step: str) -> ctypes.c_void_p:
    """A call of the step; the caller frees it."""
    lib = _engine.library()
    found = lib.oa_step_find(step.encode())
    if not found:
        raise errors.UsageError("E_WORD_UNKNOWN", f"there is no step '{step}'; there are: {', '.join(_catalogue.steps())}")
    handle = ctypes.c_void_p()
    context.check(lib.oa_call_new(context.handle, ctypes.byref(handle), found))
    return handle


def set_parameters(context: _engine.Context, handle: ctypes.c_void_p, parameters: Mapping[str, Any]) -> None:
    """None is the engine's default, or that of the preset."""
    for name, value in parameters.items():
        if value is not None:
            given = as_text(value)
            if "\0" in given or "\0" in name:
                raise errors.ParameterError(
                    "E_PARAMETER_VALUE", f"{name} holds a zero character; it must be UTF-8 without control characters", parameter=name
                )
            context.check(_engine.library().oa_call_set(handle, name.encode(), given.encode("utf-8", "surrogateescape")))


def check(step: str, parameters: Mapping[str, Any], *, together: bool = True) -> None:
    """Judges the parameters of a step without running it: names, values, bounds, and whether they agree with each other.

    Raises ParameterError, or UsageError for a name that is not there, with the engine's own text, and `parameter` set.
    together=False judges each for itself: for one field of a form while others are still empty. Needs no file and takes
    well below a millisecond.
    """
    with _engine.context(threads=1) as context:
        handle = new_call(context, step)
        try:
            set_parameters(context, handle, parameters)
            if together:
                context.check(_engine.library().oa_call_check(handle))
        finally:
            _engine.library().oa_call_free(handle)


def _paths(value: Any) -> list[bytes]:
    many = [value] if isinstance(value, (str, os.PathLike)) else list(value)
    return [os.fsencode(one) for one in many]


def _fill(context: _engine.Context, handle: ctypes.c_void_p, slot: str, value: Any) -> bool:
    """Fills one slot; true where it was from a file."""
    from .ions import Ions
    from .result import Result

    lib, name = _engine.library(), slot.encode()
    if isinstance(value, Ions):
        context.check(lib.oa_call_input_ions(handle, name, value._handle))
    elif isinstance(value, Result):
        context.check(lib.oa_call_input_call(handle, name, value._handle))
    elif isinstance(value, (str, os.PathLike, list, tuple)):
        paths = _paths(value)
        with _engine.FILES:
            context.check(lib.oa_call_input_files(handle, name, (ctypes.c_char_p * len(paths))(*paths), len(paths)))
        return True
    else:
        raise errors.UsageError(
            "E_INPUT_KIND", f"{slot} is a {type(value).__name__}; give ions (ordapt.Ions), a result of a step, or the path of a file"
        )
    return False


def _prepare(context: _engine.Context, handle: ctypes.c_void_p, inputs: Mapping[str, Any], options: Options) -> bool:
    """Search folders, slots, and models that ship; true where something came from a file."""
    lib = _engine.library()
    for folder in _paths(options.search) if options.search is not None else []:
        context.check(lib.oa_call_search(handle, folder))
    filled = [_fill(context, handle, slot, value) for slot, value in inputs.items() if value is not None]
    with _engine.FILES:
        context.check(lib.oa_call_use_shipped(handle))
    return any(filled)


def _run(context: _engine.Context, handle: ctypes.c_void_p, step: str, has_files: bool) -> None:
    """Steps that touch files while they compute have them for themselves."""
    about = _catalogue.steps()[step]
    is_about_files = about["gives_file"] or any(slot["takes"] == "sources" for slot in about["slots"])
    makes_again = has_files and "draws" in about["parameters"]["properties"]
    if not is_about_files and not makes_again:
        context.check(_engine.library().oa_call_run(handle))
        return
    with _engine.FILES:
        context.check(_engine.library().oa_call_run(handle))


def run(step: str, inputs: Mapping[str, Any], parameters: Mapping[str, Any], options: Options, output: tuple[Path, bool] | None = None) -> Result:
    """Runs a step. output: the file a step gives (export), and whether it may replace another."""
    from .result import Result

    with _engine.context(options.threads, options.kernel) as context:
        context.progress, context.step = options.progress, step

        def work() -> Result:
            handle = new_call(context, step)
            kept = _engine.Handle(handle, _engine.library().oa_call_free, context, tuple(inputs.values()))
            set_parameters(context, handle, parameters)
            has_files = _prepare(context, handle, inputs, options)
            if output is not None:
                context.check(_engine.library().oa_call_output(handle, os.fsencode(output[0]), output[1]))
            _run(context, handle, step, has_files)
            return Result(context, kept, step)

        return _engine.interruptible(context, work)
