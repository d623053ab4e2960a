"""A piece of work as its activities hand it on: what is asked, what it is asked of, and what came out. Paths and hashes, never data."""

from __future__ import annotations

import hashlib
import json
import pathlib
from typing import Any

from pydantic import BaseModel

from .. import _catalogue
from .._call import as_text
from .inputs import ActionInput, RecipeInput


class Given(BaseModel):
    """One input: a slot of a step or a name of a recipe, and its path in the upload (or the name of a model that ships)."""

    role: str
    path: str


class Request(BaseModel):
    """What the workflow of any action asks for. `step` is a step, or `run` for a recipe."""

    upload_id: str
    user_id: str
    step: str
    recipe: str = ""
    given: list[Given] = []
    parameters: dict[str, Any] = {}
    output_dir: str = "results"
    output_name: str = ""
    format: str = "nxs"
    slabs: int = 0
    report: bool = False


class Input(BaseModel):
    """An input as it was when the work began."""

    role: str
    path: str
    os_path: str
    sha256: str
    bytes: int
    is_shipped: bool = False


class Staged(BaseModel):
    """A request whose inputs are there, hashed and allowed."""

    request: Request
    action_id: str
    folder: str
    """Where the work is done; removed at its end."""
    raw: str
    """Folder of the upload's files."""
    recipe_path: str = ""
    inputs: list[Input] = []
    fingerprint: str
    name: str
    """Of the result in the upload, with folder and suffix."""
    threads: int
    document: dict[str, Any] | None = None
    """Where the same work was done before: its result."""


class Limits(BaseModel):
    """Of the runs of one action, from the operator's configuration."""

    timeout_s: int
    heartbeat_s: int
    process: bool


class Ran(BaseModel):
    """What a run left in the folder of the work."""

    staged: Staged
    file: str
    """Name of the main file in that folder."""


class Slab(BaseModel):
    """Part `number` (from 1) of the request's slabs."""

    staged: Staged
    number: int


class Merge(BaseModel):
    """Files of all slabs, in order."""

    staged: Staged
    parts: list[str]


def of_step(step: str, data: ActionInput) -> Request:
    """The request of a step's action, or of a sharded one."""
    told = data.model_dump()
    slots = _catalogue.steps()[step]["slots"]
    given = [
        Given(role=slot["name"], path=path)
        for number, slot in enumerate(slots)
        for path in _paths(told.get(f"{slot['name']}_path" if number else "input_path"))
    ]
    given += [Given(role=slots[0]["name"], path=told["ranges_path"])] if slots and slots[0]["takes"] == "sources" and told.get("ranges_path") else []
    return Request(
        upload_id=data.upload_id,
        user_id=data.user_id,
        step=step,
        given=given,
        parameters=told["parameters"],
        output_dir=data.output_dir,
        output_name=data.output_name,
        format=told.get("format", "nxs"),
        slabs=told.get("slabs", 0),
    )


def of_recipe(data: RecipeInput) -> Request:
    given = [Given(role=name, path=path) for name, path in sorted(data.inputs.items())]
    return Request(
        upload_id=data.upload_id,
        user_id=data.user_id,
        step="run",
        recipe=data.recipe,
        given=given,
        parameters=data.values,
        output_dir=data.output_dir,
        output_name=data.output_name,
        report=data.report,
    )


def _paths(told: Any) -> list[str]:
    return [path for path in (told if isinstance(told, list) else [told]) if path]


def fingerprint(request: Request, inputs: list[Input], recipe: str) -> str:
    """SHA-256 of all that decides the result: step, its version, inputs, parameters; not paths, slabs or the clock."""
    step = _catalogue.steps().get(request.step)
    content = {
        "engine": _catalogue.version(),
        "step": request.step,
        "version": step["version"] if step else 0,
        "recipe": recipe,
        "format": request.format,
        "inputs": [[item.role, item.sha256] for item in inputs],
        "parameters": request.parameters,
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def result_name(request: Request, mark: str) -> str:
    """Path of the result in the upload: what was asked of, by what, and which work it was."""
    word = pathlib.PurePosixPath(request.recipe).stem if request.step == "run" else request.step
    source = pathlib.PurePosixPath(request.given[0].path).name.split(".")[0] + "." if request.given else ""
    stem = request.output_name or f"{source}{word}.{mark[:8]}"
    return str(pathlib.PurePosixPath(request.output_dir) / f"{stem}.{request.format}")


def record_of(name: str) -> str:
    """The NeXus file with the record of a result: the result itself, or what stands beside one in another format."""
    return name if name.endswith(".nxs") else f"{name}.nxs"


def inputs_read(document: dict[str, Any]) -> list[dict[str, Any]]:
    """What the program read of files, by itself and for each record of a recipe."""
    told = [item for record in [document, *document.get("records", [])] for item in record.get("inputs", [])]
    return [item for item in told if item.get("file")]


def arguments(staged: Staged, output: str) -> list[str]:
    """The command line of the program, without its name."""
    request = staged.request
    common = ["-o", output, "--search", staged.raw] + (["--threads", str(staged.threads)] if staged.threads else [])
    if request.step == "run":
        named = [f"{item.role}={_file(item)}" for item in staged.inputs] + [
            f"{name}={as_text(value)}" for name, value in sorted(request.parameters.items())
        ]
        return ["run", staged.recipe_path or request.recipe, *named, *common]
    slots = _catalogue.steps()[request.step]["slots"]
    main = [_file(item) for item in staged.inputs if slots and item.role == slots[0]["name"]]
    further = [word for item in staged.inputs if item.role != slots[0]["name"] for word in (f"--{item.role}", _file(item))]
    return [request.step, *main, *further, "--config", "parameters.json", *common]


def _file(item: Input) -> str:
    return item.path if item.is_shipped else item.os_path
