"""The engine's shared library by ctypes: found, loaded on first use, its failures as exceptions. Nothing else in the package calls C."""

from __future__ import annotations

import contextlib
import ctypes
import functools
import itertools
import os
import pathlib
import threading
import weakref
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from . import _catalogue, errors

T = TypeVar("T")
Progress = dict[str, Any]
"""step, phase, done, total, rate, eta_s: what the engine says on long work, at least every 2 s."""

PACKAGED = pathlib.Path(__file__).resolve().parent / "lib" / "libordapt_nexus.so"
FILES = threading.RLock()
"""Held while the engine reads or writes files: HDF5 serves one thread at a time."""

_PROGRESS = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_uint64, ctypes.c_uint64, ctypes.c_double)
_RELEASE = ctypes.CFUNCTYPE(None, ctypes.c_void_p)


class _Options(ctypes.Structure):
    _fields_ = (
        ("threads", ctypes.c_int),
        ("kernel", ctypes.c_char_p),
        ("progress", _PROGRESS),
        ("progress_payload", ctypes.c_void_p),
        ("fail_allocation", ctypes.c_uint64),
        ("max_memory", ctypes.c_uint64),
        ("max_unpacked", ctypes.c_uint64),
        ("max_look_s", ctypes.c_int),
    )


class ArrayView(ctypes.Structure):
    """oa_array_view of ordapt.h."""

    _fields_ = (
        ("name", ctypes.c_char_p),
        ("type", ctypes.c_int),
        ("rank", ctypes.c_int),
        ("dims", ctypes.c_size_t * 5),
        ("data", ctypes.c_void_p),
        ("unit", ctypes.c_char_p),
        ("task", ctypes.c_int),
        ("long_name", ctypes.c_char_p),
        ("axes", ctypes.c_char_p),
    )


_P, _S, _I, _N, _D = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int, ctypes.c_size_t, ctypes.c_double
_OUT, _TEXTS = ctypes.POINTER(ctypes.c_void_p), ctypes.POINTER(ctypes.c_char_p)
# fmt: off
SIGNATURES: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "oa_exit_code": (_I, (_I,)), "oa_version": (_S, ()), "oa_commit": (_S, ()),
    "oa_context_new": (_I, (_OUT, ctypes.POINTER(_Options))), "oa_context_free": (None, (_P,)), "oa_cancel": (None, (_P,)), "oa_resume": (None, (_P,)),
    "oa_error_code": (_S, (_P,)), "oa_error_text": (_S, (_P,)), "oa_error_parameter": (_S, (_P,)), "oa_error_file": (_S, (_P,)),
    "oa_error_line": (ctypes.c_uint64, (_P,)), "oa_error_offset": (ctypes.c_int64, (_P,)),
    "oa_ions_new": (_I, (_P, _OUT, _N, _P, _P, _P, _P)), "oa_ions_free": (None, (_P,)), "oa_ions_count": (_N, (_P,)),
    "oa_ions_lend": (_I, (_P, _S, _I, _P, _RELEASE, _P)), "oa_ions_column": (_P, (_P, _S, ctypes.POINTER(_I))),
    "oa_ions_add_type": (_I, (_P, _S, _I)), "oa_ions_add_range": (_I, (_P, _D, _D, ctypes.c_uint)),
    "oa_ions_type_count": (_N, (_P,)), "oa_ions_type_name": (_S, (_P, _N)), "oa_ions_type_charge": (_I, (_P, _N)),
    "oa_ions_range_count": (_N, (_P,)), "oa_ions_range": (ctypes.c_uint, (_P, _N, ctypes.POINTER(_D), ctypes.POINTER(_D))),
    "oa_step_find": (_P, (_S,)), "oa_string_free": (None, (_P,)),
    "oa_call_new": (_I, (_P, _OUT, _P)), "oa_call_free": (None, (_P,)), "oa_call_set": (_I, (_P, _S, _S)), "oa_call_check": (_I, (_P,)),
    "oa_call_input_ions": (_I, (_P, _S, _P)), "oa_call_input_call": (_I, (_P, _S, _P)), "oa_call_input_files": (_I, (_P, _S, _TEXTS, _N)),
    "oa_call_search": (_I, (_P, _S)), "oa_call_use_shipped": (_I, (_P,)), "oa_call_output": (_I, (_P, _S, ctypes.c_bool)), "oa_call_run": (_I, (_P,)),
    "oa_call_array_count": (_N, (_P,)), "oa_call_array": (_I, (_P, _N, ctypes.POINTER(ArrayView))), "oa_call_ions": (_P, (_P,)),
    "oa_call_task_count": (_I, (_P,)), "oa_call_task_title": (_S, (_P, _I)), "oa_call_record": (_I, (_P, _OUT)), "oa_call_digest": (_S, (_P,)),
    "oa_read_ions": (_I, (_P, _S, _OUT)), "oa_write_call": (_I, (_P, _S, ctypes.c_bool)),
}
# fmt: on


def path() -> pathlib.Path:
    """The shared library: ORDAPT_LIBRARY, else the one of this package."""
    named = os.environ.get("ORDAPT_LIBRARY")
    found = pathlib.Path(named) if named else PACKAGED
    if found.is_file():
        return found
    where = f"ORDAPT_LIBRARY names {named}, which is no file" if named else "it is not in this package"
    raise errors.LackingError(
        "E_ENGINE_MISSING", f"the library libordapt_nexus.so is missing: {where}; `pip install ./plugin` builds it, ORDAPT_LIBRARY names another"
    )


@functools.lru_cache(maxsize=1)
def library() -> ctypes.CDLL:
    """The library, loaded once; refused where it is another version than this package was made for."""
    found = path()
    try:
        loaded = ctypes.CDLL(str(found))
        for name, (result, arguments) in SIGNATURES.items():
            function = getattr(loaded, name)
            function.restype, function.argtypes = result, arguments
    except (OSError, AttributeError) as error:
        raise errors.LackingError("E_ENGINE_MISSING", f"{found} cannot be used: {error}") from error
    version = loaded.oa_version().decode()
    if version != _catalogue.version():
        raise errors.LackingError(
            "E_ENGINE_VERSION", f"{found} is version {version}, this package was made for {_catalogue.version()}; install both from one source"
        )
    return loaded


def text(value: bytes | None) -> str:
    """Text of the engine; it may hold names of files, which need not be UTF-8."""
    return value.decode("utf-8", "replace") if value else ""


class Handle:
    """A thing of the engine: given back when nobody refers to it any more; keeps what it needs until then."""

    def __init__(self, address: Any, free: Callable[[Any], object], *keeps: object) -> None:
        self._as_parameter_ = address

        def give_back(_: tuple[object, ...]) -> None:
            free(address)

        weakref.finalize(self, give_back, keeps).atexit = False  # at the end of the interpreter the process goes as a whole


# ---- contexts ----


class Context:
    """A context of the engine: threads, messages, memory. One caller at a time, who holds `lock`; what was made in it keeps it."""

    def __init__(self, threads: int, kernel: str) -> None:
        self.lock = threading.Lock()
        self.progress: Callable[[Progress], object] | None = None
        self.step = ""
        self.failure: BaseException | None = None
        lib, weak = library(), weakref.ref(self)

        def tell(_: int, phase: bytes, done: int, total: int, elapsed_s: float) -> None:
            context = weak()
            if context is not None:
                context._tell(text(phase), done, total, elapsed_s)

        callback, handle = _PROGRESS(tell), ctypes.c_void_p()
        options = _Options(threads, kernel.encode(), callback, None, 0, 0, 0, 0)
        status = lib.oa_context_new(ctypes.byref(handle), ctypes.byref(options))
        if not handle:
            raise errors.LackingError("E_MEMORY", "there is no memory for a context of the engine")
        self.handle = Handle(handle, lib.oa_context_free, callback)
        self.check(status)

    def _tell(self, phase: str, done: int, total: int, elapsed_s: float) -> None:
        if self.progress is None or self.failure is not None:
            return
        rate = done / elapsed_s if elapsed_s > 0 else 0.0
        event: Progress = {
            "step": self.step,
            "phase": phase,
            "done": done,
            "total": total,
            "rate": rate,
            "eta_s": (total - done) / rate if rate else None,
        }
        try:
            self.progress(event)
        except BaseException as error:  # whatever the caller's function raises ends the work and reaches the caller
            self.failure = error
            self.cancel()

    def cancel(self) -> None:
        """The work in progress ends within 2 s."""
        library().oa_cancel(self.handle)

    def free(self) -> None:
        """Whoever holds it is done."""
        self.progress, self.failure, self.step = None, None, ""
        library().oa_resume(self.handle)
        self.lock.release()

    def check(self, status: int) -> None:
        """Raises what the last call failed with."""
        if status == 0:
            return
        lib, here = library(), self.handle
        if self.failure is not None:
            raise self.failure
        offset = lib.oa_error_offset(here)
        raise errors.of(
            lib.oa_exit_code(status),
            text(lib.oa_error_code(here)) or "E_BUG",
            text(lib.oa_error_text(here)),
            parameter=text(lib.oa_error_parameter(here)) or None,
            file=text(lib.oa_error_file(here)) or None,
            line=lib.oa_error_line(here) or None,
            offset=None if offset < 0 else offset,
        )


_contexts: dict[tuple[int, str], list[Context]] = {}
_of_the_parent: list[object] = []


def _find_idle(key: tuple[int, str]) -> Context:
    for known in _contexts.setdefault(key, []):
        if known.lock.acquire(blocking=False):
            return known
    made = Context(*key)
    made.lock.acquire()
    _contexts[key].append(made)
    return made


@contextlib.contextmanager
def context(threads: int | None = None, kernel: str | None = None) -> Iterator[Context]:
    """A context nobody else uses meanwhile: an idle one, or a new one. Its threads sleep when it is idle."""
    found = _find_idle((threads or 0, kernel or "auto"))
    try:
        yield found
    finally:
        found.free()


@contextlib.contextmanager
def held(context: Context) -> Iterator[Context]:
    """This very context, once nobody else uses it."""
    context.lock.acquire()
    try:
        yield context
    finally:
        context.free()


def _forget_after_fork() -> None:
    """A forked process has none of the threads of its parent's contexts: it makes its own, and frees none of those."""
    _of_the_parent.append(dict(_contexts))
    _contexts.clear()


os.register_at_fork(after_in_child=_forget_after_fork)


def interruptible(context: Context, work: Callable[[], T]) -> T:
    """Does the work; KeyboardInterrupt in the main thread cancels the engine, waits for its end and is raised then."""
    if threading.current_thread() is not threading.main_thread():
        return work()
    outcome: list[T] = []
    failure: list[BaseException] = []
    done = threading.Event()

    def do() -> None:
        try:
            outcome.append(work())
        except BaseException as error:
            failure.append(error)
        finally:
            done.set()

    threading.Thread(target=do, name="ordapt", daemon=True).start()
    interrupt = _wait(done, context)
    if interrupt is not None:
        raise interrupt
    if failure:
        raise failure[0]
    return outcome[0]


def _wait(done: threading.Event, context: Context) -> BaseException | None:
    """Waits for the end of the work; what interrupted the wait, or None. (Thread.join cannot be waited for again after that.)"""
    interrupt: BaseException | None = None
    while not done.is_set():
        try:
            done.wait()
        except BaseException as error:  # KeyboardInterrupt, or what a signal handler of the caller raises
            interrupt = interrupt or error
            context.cancel()
    return interrupt


# ---- memory that is lent ----

_lent: dict[int, object] = {}
_numbers = itertools.count(1)


def _let_go(number: int) -> None:
    _lent.pop(number, None)


RELEASE = _RELEASE(_let_go)


@contextlib.contextmanager
def lending(thing: object) -> Iterator[int]:
    """A number under which `thing` is kept until the engine calls RELEASE with it; given up at once where the body fails."""
    number = next(_numbers)
    _lent[number] = thing
    try:
        yield number
    except BaseException:
        _let_go(number)
        raise


def lent() -> int:
    """How many columns the engine still holds."""
    return len(_lent)
