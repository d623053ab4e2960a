"""What went wrong, as the engine says it: one exception per exit status of the program.

The text of an exception is the engine's own: what is wrong; what would be right.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class OrdaptError(Exception):
    """A failure of the engine.

    code: its word, `E_...`; text: what is wrong, what would be right; parameter, file, line, offset: where, or None;
    exit_code: of the program (docs: `ordapt help errors`); document: the whole JSON document of the program, or {}.
    """

    exit_code = 70
    is_retryable = False
    """Whether the same call may succeed when it is made again."""

    def __init__(
        self,
        code: str,
        text: str,
        *,
        parameter: str | None = None,
        file: str | None = None,
        line: int | None = None,
        offset: int | None = None,
        document: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(code, text)
        self.code, self.text = code, text
        self.parameter, self.file, self.line, self.offset = parameter, file, line, offset
        self.document: Mapping[str, Any] = document or {}

    def __str__(self) -> str:
        place = f":{self.line}" if self.line else f"@{self.offset}" if self.offset is not None else ""
        return f"{self.file}{place}: {self.code}: {self.text}" if self.file else f"{self.code}: {self.text}"


class UsageError(OrdaptError):
    """Unknown word, option or missing argument: fix the call."""

    exit_code = 2


class ParameterError(OrdaptError):
    """The value of a parameter is refused."""

    exit_code = 64


class DataError(OrdaptError):
    """An input is invalid or inconsistent, or a digest does not match."""

    exit_code = 65


class MissingError(OrdaptError):
    """An input is missing or cannot be read."""

    exit_code = 66


class LackingError(OrdaptError):
    """This build or machine lacks something: the program itself, memory, a kernel, a filter."""

    exit_code = 69


class BugError(OrdaptError):
    """Our mistake: please report it."""

    exit_code = 70
    is_retryable = True


class OutputError(OrdaptError):
    """The output cannot be created or written: it exists, the disk is full, there is no permission."""

    exit_code = 73


class InputOutputError(OrdaptError):
    """Reading or writing failed: try again."""

    exit_code = 74
    is_retryable = True


class TemporaryError(OrdaptError):
    """Try again."""

    exit_code = 75
    is_retryable = True


class CancelledError(OrdaptError):
    """Interrupted (130) or terminated (143); nothing is left under the final name."""

    exit_code = 143


CLASSES: dict[int, type[OrdaptError]] = {
    kind.exit_code: kind
    for kind in (
        UsageError,
        ParameterError,
        DataError,
        MissingError,
        LackingError,
        BugError,
        OutputError,
        InputOutputError,
        TemporaryError,
        CancelledError,
    )
}
CLASSES[130] = CancelledError

FATAL_SIGNALS = {4, 6, 7, 8, 11}
"""SIGILL, SIGABRT, SIGBUS, SIGFPE, SIGSEGV: a mistake of ours, not somebody's `kill`."""


def of(exit_code: int, code: str, text: str, **place: Any) -> OrdaptError:
    """The exception that belongs to an exit status."""
    return CLASSES.get(exit_code, BugError)(code, text, **place)


def of_document(document: Mapping[str, Any]) -> OrdaptError:
    """The exception that a failure document of the program (`--json`) describes."""
    error = document.get("error") or {}
    place = {name: error.get(name) for name in ("parameter", "file", "line", "offset")}
    return of(
        int(document.get("exit_code", 70)), error.get("code", "E_BUG"), error.get("text", "the program said nothing"), document=document, **place
    )


def of_signal(number: int, said: str) -> OrdaptError:
    """The exception for a program that a signal ended before it could say why."""
    if number in FATAL_SIGNALS:
        return BugError("E_BUG", f"the program crashed (signal {number}); please report it with its input. {said}".strip())
    return TemporaryError(
        "E_KILLED", f"the program was killed (signal {number}); where memory ran out, `--dry-run` predicts what a step needs. {said}".strip()
    )
