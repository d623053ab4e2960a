"""ordapt-report RESULT.nxs -o report.html"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import signal
import sys
import time
import traceback
from collections.abc import Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

from .. import __version__
from .errors import BUG, INTERRUPTED, INVALID, LACKING, OUTPUT, TERMINATED, ReportError


class TerminatedError(Exception):
    pass


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="ordapt-report",
        description="One self-contained HTML page from a result of ordapt: domains in space, maps, sizes, numbers, provenance.",
        epilog="Exit status: 0 done, 2 wrong call, 65 not a result of ordapt, 66 input missing, 69 a Python package is missing, 73 output cannot be written.",
    )
    parser.add_argument("result", metavar="RESULT.nxs", type=Path, help="any result file of ordapt")
    parser.add_argument("-o", "--output", metavar="FILE.html", type=Path, required=True, help="the page")
    parser.add_argument(
        "--search", metavar="DIR", type=Path, action="append", default=[], help="where else the ions file named in the record may be; may be repeated"
    )
    parser.add_argument("--title", default="", help="heading of the page (default: name of the file)")
    parser.add_argument("--max-ions", metavar="N", type=int, default=30_000, help="ions drawn in one figure at most (default: %(default)s)")
    parser.add_argument("--overwrite", action="store_true", help="replace an existing page")
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    parser.add_argument("--version", action="version", version=f"ordapt-report {__version__}")
    return parser


def _is_of_hdf5(error: BaseException) -> bool:
    """Raised by HDF5 itself, which judges a file only where it is read."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return trace is not None and "h5py" in trace.tb_frame.f_code.co_filename


def make_page(result_path: Path, search: Sequence[Path] = (), title: str = "", max_ions: int = 30_000) -> tuple[str, list[str]]:
    """The page of a result, and its warnings as `CODE: text`."""
    try:
        from . import page, reading
    except ImportError as error:
        raise ReportError("E_LACKING", LACKING, f"{error}; pip install 'ordapt[report]' brings what a report needs") from error
    with reading.Source(result_path) as source:
        try:
            result = reading.read_result(source)
            context = page.Context(source, result, search, page.Budget(ions=max_ions))
            text = page.render(source, result, context, title)
        except ImportError as error:
            raise ReportError("E_LACKING", LACKING, f"{error}; pip install 'ordapt[report]' brings what a report needs") from error
        except (KeyError, OSError, RuntimeError, ValueError, TypeError) as error:
            if not _is_of_hdf5(error):
                raise
            raise ReportError("E_H5_OPEN", INVALID, f"the file is damaged: {error}; make it again or fetch it anew", result_path.name) from error
    return text, [f"{warning.code}: {warning.text}" for record in result.records for warning in record.warnings]


def _work(sender: Connection, *arguments: Any) -> None:
    """In the child: the page, or the failure, goes through the pipe."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    try:
        sender.send(make_page(*arguments))
    except ReportError as error:
        sender.send((error.code, error.exit_status, error.text, error.file))
    except Exception as error:
        if os.environ.get("ORDAPT_TRACE"):
            traceback.print_exc()
        sender.send(("E_INTERNAL", BUG, f"our mistake: {type(error).__name__}: {error}", ""))


def make_page_apart(result_path: Path, search: Sequence[Path], title: str, max_ions: int) -> tuple[str, list[str]]:
    """The same in a child process, for HDF5 itself can crash on damaged files."""
    methods = multiprocessing.get_all_start_methods()
    context = multiprocessing.get_context("fork" if "fork" in methods else "spawn")
    receiver, sender = context.Pipe(duplex=False)
    child = context.Process(target=_work, args=(sender, result_path, search, title, max_ions), daemon=True)  # type: ignore[attr-defined]
    child.start()
    sender.close()
    try:
        outcome = receiver.recv()
    except EOFError:
        text = "HDF5 crashed on it: the file is damaged; make it again or fetch it anew"
        raise ReportError("E_H5_OPEN", INVALID, text, result_path.name) from None
    finally:
        child.kill()
        child.join()
    if len(outcome) == 4:
        raise ReportError(*outcome)
    text, warnings = outcome
    return str(text), list(warnings)


def _check_output(path: Path, source: Path, overwrite: bool) -> None:
    if path.is_dir() or not path.parent.is_dir():
        raise ReportError("E_OUTPUT", OUTPUT, "the page cannot be made there; name a file in a folder that exists", path.name)
    if path.exists() and source.exists() and path.samefile(source):
        raise ReportError("E_OUTPUT", OUTPUT, "the page would replace its own result; give it another name", path.name)
    if path.exists() and not overwrite:
        raise ReportError("E_EXISTS", OUTPUT, "the output exists; --overwrite replaces it", path.name)


def write_whole(path: Path, text: str) -> None:
    """Complete under its name, or not there."""
    part = path.with_name(path.name + ".part")
    try:
        try:
            with part.open("w", encoding="utf-8", newline="\n") as stream:
                stream.write(text)
                stream.flush()
                os.fsync(stream.fileno())
            part.replace(path)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise ReportError("E_OUTPUT", OUTPUT, f"the page cannot be written: {error.strerror}", path.name) from error


def _document(status: str, code: int, **more: Any) -> str:
    return json.dumps({"step": "report", "status": status, "exit_code": code, **more})


def _run(options: argparse.Namespace) -> int:
    begun = time.monotonic()
    _check_output(options.output, options.result, options.overwrite)
    text, warnings = make_page_apart(options.result, options.search, options.title, options.max_ions)
    write_whole(options.output, text)
    size = options.output.stat().st_size
    if options.json:
        listed = [dict(zip(("code", "text"), line.split(": ", 1), strict=False)) for line in warnings]
        print(
            _document(
                "success", 0, output={"file": options.output.name, "bytes": size}, warnings=listed, elapsed_s=round(time.monotonic() - begun, 3)
            )
        )
    else:
        print(f"{options.output.name}  {size / 1e6:.1f} MB" + (f"  {len(warnings)} warnings of the result are on the page" if warnings else ""))
    return 0


def _terminate(_number: int, _frame: FrameType | None) -> NoReturn:
    raise TerminatedError


def main(arguments: Sequence[str] | None = None) -> int:
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.max_ions < 1:
        parser.error(f"--max-ions is {options.max_ions}; give 1 or more")
    try:
        signal.signal(signal.SIGTERM, _terminate)
        return _run(options)
    except ReportError as error:
        failure = error
    except KeyboardInterrupt:
        return INTERRUPTED
    except TerminatedError:
        return TERMINATED
    except Exception as error:
        failure = ReportError("E_INTERNAL", BUG, f"our mistake: {type(error).__name__}: {error}", options.result.name)
        if os.environ.get("ORDAPT_TRACE"):
            raise
    print(failure.line(), file=sys.stderr)
    if options.json:
        print(_document("failure", failure.exit_status, error={"code": failure.code, "text": failure.text, "file": failure.file}))
    return failure.exit_status
