"""What an action does, in the order of the workflow. Each activity may be done twice: a worker can die at any moment."""

from __future__ import annotations

import functools
import json
import pathlib
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from temporalio import activity
from temporalio.exceptions import ApplicationError, CancelledError

from .. import _catalogue, errors, program
from . import _compat, entries, files
from .work import Input, Limits, Merge, Ran, Request, Slab, Staged, arguments, fingerprint, inputs_read, record_of, result_name

Function = TypeVar("Function", bound=Callable[..., Any])
LARGEST_DOCUMENT = 48 << 10


def failure(error: errors.OrdaptError) -> ApplicationError:
    """For Temporal: what may be tried again, and what may not. A mistake of ours is tried once more."""
    again = error.is_retryable and not (isinstance(error, errors.BugError) and activity.info().attempt > 1)
    place = {name: value for name in ("parameter", "file", "line", "offset") if (value := getattr(error, name)) is not None}
    return ApplicationError(
        str(error), {"code": error.code, "text": error.text, "exit_code": error.exit_code, **place}, type=error.code, non_retryable=not again
    )


def _activity(function: Function) -> Function:
    """Registers a function; failures of the engine become failures of the activity. Cancelling is asked for, never thrown into a thread."""

    @functools.wraps(function)
    def call(request: Any) -> Any:
        try:
            return function(request)
        except errors.OrdaptError as error:
            raise failure(error) from None  # the text says all; a cause would hide the details

    return activity.defn(name=f"ordapt_{function.__name__}", no_thread_cancel_exception=True)(call)


def _action_id() -> str:
    """The entry point of the workflow that asks: `ordapt_sdm` is the workflow of `ordapt.nomad:sdm_action`."""
    return f"ordapt.nomad:{(activity.info().workflow_type or '').removeprefix('ordapt_')}_action"


@_activity
def limits(_: str) -> Limits:
    """What the operator allows for this action."""
    options = _compat.options(_action_id())
    return Limits(timeout_s=options.timeout_s, heartbeat_s=options.heartbeat_s, process=options.process)


@_activity
def stage_in(request: Request) -> Staged:
    """Checks the program, the rights and the inputs, hashes them, and looks whether this work was done before."""
    program.check_version(_catalogue.version())
    upload, folder = files.open_upload(request), _compat.work_folder(activity.info().workflow_id)
    files.check_path(request.output_dir, "output_dir")
    if request.output_name and "/" in files.check_path(request.output_name, "output_name"):
        raise errors.ParameterError(
            "E_PATH", f"'{request.output_name}' is a path; give a name, and its folder as output_dir", parameter="output_name"
        )
    inputs = []
    for given in request.given:
        inputs.append(files.stage(upload, given.role, given.path, folder, may_ship=_takes_model(request, given.role), tick=_stages))
    recipe, text = _recipe(upload, request, folder)
    mark = fingerprint(request, inputs, text)
    raw = files.raw_folder(upload)
    staged = Staged(
        request=request,
        action_id=_action_id(),
        folder=folder,
        raw=raw,
        recipe_path=recipe,
        inputs=inputs,
        fingerprint=mark,
        name=result_name(request, mark),
        threads=_compat.options(_action_id()).threads,
    )
    staged.document = entries.done_before(staged, _stages)
    (pathlib.Path(folder) / "parameters.json").write_text(json.dumps(request.parameters), encoding="utf-8")
    return staged


def _takes_model(request: Request, role: str) -> bool:
    if request.step == "run":
        return True
    return any(slot["name"] == role and slot["takes"] == "model" for slot in _catalogue.steps()[request.step]["slots"])


def _recipe(upload: Any, request: Request, folder: str) -> tuple[str, str]:
    """Path and text of a recipe of the upload; empty for one that ships, whose name says all."""
    if request.step != "run":
        return "", ""
    if not _compat.has_file(upload, files.check_path(request.recipe, "recipe")):
        return "", request.recipe
    found = files.stage(upload, "recipe", request.recipe, folder, may_ship=False, tick=_stages)
    return found.os_path, pathlib.Path(found.os_path).read_text(encoding="utf-8")


def _beat(*details: Any) -> None:
    """Tells the server that this worker lives, and hears from it whether the action was cancelled."""
    activity.heartbeat(*details)
    if activity.is_cancelled():
        raise CancelledError("the action was cancelled")


def _stages() -> None:
    """Files are hashed or copied: a large one takes longer than a worker may be silent."""
    _beat("stage")


def run_program(words: Iterable[str], folder: str) -> dict[str, Any]:
    """Runs the program with a heartbeat for each of its signs of life; a cancel ends it."""
    with program.Job(list(words), folder=folder) as job:
        for event in job.events():
            _beat(event)
        return job.result()


@_activity
def run_step(staged: Staged) -> Ran:
    """Runs the whole step or recipe."""
    name = pathlib.PurePosixPath(staged.name).name
    place = _attempt_folder(staged.folder, "run")
    document = run_program(arguments(staged, str(place / name)), staged.folder)
    return _finish(staged, place / name, document)


@_activity
def run_slab(slab: Slab) -> str:
    """Runs one slab; gives the name of its file."""
    staged, total = slab.staged, slab.staged.request.slabs
    place = _attempt_folder(staged.folder, f"slab{slab.number}")
    output = place / f"slab{slab.number}of{total}.nxs"
    document = run_program([*arguments(staged, str(output)), "--slab", f"{slab.number}/{total}"], staged.folder)
    _check_unchanged(staged, document)
    return str(output.relative_to(staged.folder))


@_activity
def merge(parts: Merge) -> Ran:
    """Joins the slabs: the digest of one run."""
    staged = parts.staged
    place = _attempt_folder(staged.folder, "merge")
    output = place / pathlib.PurePosixPath(staged.name).name
    document = run_program(["merge", *parts.parts, "-o", str(output), "--search", staged.raw], staged.folder)
    return _finish(staged, output, document)


def _attempt_folder(folder: str, what: str) -> pathlib.Path:
    """Of this attempt alone: what a worker that seemed dead still writes is in another one."""
    place = pathlib.Path(folder) / f"{what}.{activity.info().attempt}"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    return place


def _finish(staged: Staged, output: pathlib.Path, document: dict[str, Any]) -> Ran:
    _check_unchanged(staged, document)
    (output.parent / "document.json").write_text(json.dumps(document), encoding="utf-8")
    return Ran(staged=staged, file=str(output.relative_to(staged.folder)))


def _check_unchanged(staged: Staged, document: dict[str, Any]) -> None:
    """What the program read is what was hashed when the work began."""
    read = {item["file"]: item["sha256"] for item in inputs_read(document) if item.get("sha256")}
    for item in staged.inputs:
        found = read.get(pathlib.Path(item.os_path).name, item.sha256)
        if found != item.sha256:
            raise errors.DataError(
                "E_INPUT_CHANGED",
                f"'{item.path}' changed while the work was under way: SHA-256 {item.sha256[:16]}... when it began, "
                f"{found[:16]}... when it was read; start again",
                parameter=item.role,
                file=item.path,
            )


@_activity
def validate(ran: Ran) -> None:
    """Structure, digests and the chain of records of what is about to be staged out."""
    searched = sorted({str(pathlib.Path(item.os_path).parent) for item in ran.staged.inputs} | {ran.staged.raw})
    run_program(["verify", record_of(ran.file), *(word for folder in searched for word in ("--search", folder))], ran.staged.folder)


@_activity
def report(ran: Ran) -> str:
    """Writes the report of a result beside it; gives its name, or "" where the packages for it are missing."""
    output = pathlib.Path(ran.file).with_suffix(".html")
    words = [sys.executable, "-m", "ordapt.report", ran.file, "-o", str(output), "--overwrite", "--search", ran.staged.raw]
    done = subprocess.Popen(words, cwd=ran.staged.folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        while done.poll() is None:
            _beat("report")
            try:
                done.wait(1.0)
            except subprocess.TimeoutExpired:
                continue
    finally:
        done.kill()
        said = done.communicate()[1]
    if done.returncode == errors.LackingError.exit_code:
        activity.logger.warning("no report: %s", said.strip()[-500:])
        return ""
    if done.returncode:
        raise errors.of(done.returncode, "E_REPORT", f"the report could not be made: {said.strip()[-1000:]}")
    return str(output)


@_activity
def stage_out(ran: Ran) -> dict[str, Any]:
    """Puts the result into the upload; gives the document of the run with the paths of the upload."""
    staged, main = ran.staged, pathlib.Path(ran.staged.folder) / ran.file
    files.open_upload(staged.request)  # rights and state may have changed meanwhile
    document = json.loads((main.parent / "document.json").read_text(encoding="utf-8"))
    target = pathlib.PurePosixPath(staged.name)
    _stages()
    if not files.put(staged.raw, str(main), staged.name, _stages):
        _accept_taken(staged, document)
    for source in sorted(path for path in main.parent.iterdir() if path not in (main, main.parent / "document.json")):
        _stages()
        files.put(staged.raw, str(source), str(target.parent / source.name), _stages, replace=True)
    return _told(staged, document)


def _accept_taken(staged: Staged, document: dict[str, Any]) -> None:
    """A file of this name is there: fine if it is the same result, of an earlier attempt or of another action."""
    name, there = staged.name, entries.records(staged.raw, record_of(staged.name))
    if not there or there[-1]["results_sha256"] != document["output"]["results_sha256"]:
        raise errors.OutputError("E_OUTPUT_EXISTS", f"'{name}' exists and holds another result; give another output_name, or remove it", file=name)


def _told(staged: Staged, document: dict[str, Any]) -> dict[str, Any]:
    document["output"]["file"] = staged.name
    content = {item["file"]: item.get("content_sha256") for item in inputs_read(document)}
    document["inputs"] = [_input(item, content) for item in staged.inputs]
    document["fingerprint"] = staged.fingerprint
    if len(json.dumps(document)) > LARGEST_DOCUMENT:
        kept = ("name", "step", "step_version", "results_sha256", "status", "summary")
        document["records"] = [{key: record[key] for key in kept if key in record} for record in document.get("records", [])]
    return document


def _input(item: Input, content: dict[str, Any]) -> dict[str, Any]:
    return {
        "role": item.role,
        "file": item.path,
        "sha256": item.sha256,
        "content_sha256": content.get(pathlib.Path(item.os_path).name) or "",
        "bytes": item.bytes,
    }


@_activity
def record(told: dict[str, Any]) -> list[str]:
    """Writes the entries of the result, its model and the chain; gives the paths that NOMAD should read."""
    staged = Staged.model_validate(told["staged"])
    return entries.write(staged, told["document"], told.get("report", ""), _stages)


@_activity
def clean_up(instance: str) -> None:
    """Nothing is left of the work but what was staged out."""
    shutil.rmtree(_compat.work_folder(instance), ignore_errors=True)


@_activity
def process(told: dict[str, Any]) -> None:
    """Asks NOMAD to read new files of an upload; again later where it is busy with the upload."""
    upload = _compat.upload(told["upload_id"])
    add = {"op": "ADD", "temporary": False, "auto_decompress": False}
    operations = [
        add | {"path": str(pathlib.Path(told["raw"]) / path), "target_dir": str(pathlib.PurePosixPath(path).parent)} for path in told["paths"]
    ]
    try:
        upload.process_upload(file_operations=operations, only_updated_files=True)
    except Exception as error:
        raise ApplicationError(f"upload {told['upload_id']} is busy: {error}", type="E_UPLOAD_BUSY") from error


ALL = [limits, stage_in, run_step, run_slab, merge, validate, report, stage_out, record, clean_up, process]
