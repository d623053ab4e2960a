"""The entries that an action leaves beside its result: the result's own, its models', and the chain of all results of the folder.

results/tip.csro.1a2b3c4d.nxs                   the result; pynxtools makes its entry
results/tip.csro.1a2b3c4d.archive.json          what was done, found and used: searchable, with references
results/models/cocrni-002.archive.json          a model: its digest, how it was trained and on which bank
results/workflow.archive.yaml                   vendor file -> NXapm -> steps -> report, as a graph
"""

from __future__ import annotations

import json
import pathlib
from typing import Any

import yaml

from .. import _catalogue, _files, errors, program
from . import files
from .work import Staged, record_of

CHAIN = "workflow.archive.yaml"
RESULT, MODEL = "ordapt.nomad.schema.OrdaptResult", "ordapt.nomad.schema.OrdaptModel"
Record = dict[str, Any]


def mainfile(path: str, section: str = "/data") -> str:
    """A reference within the upload, by the path of the file."""
    return f"../upload/archive/mainfile/{path}#{section}"


def sidecar(name: str) -> str:
    """Path of the entry of a result."""
    return str(pathlib.PurePosixPath(name).with_suffix("")) + ".archive.json"


def records(raw: str, name: str) -> list[Record]:
    """The records in a file of the engine, in order; [] where it has none."""
    try:
        return program.records(name, folder=raw)
    except errors.OrdaptError:
        return []


def _records_of(staged: Staged, document: dict[str, Any]) -> list[Record]:
    """As the program told them when it ran, which is half a second sooner than from the file; from the file where the document was too large to keep them."""
    told: list[Record] = document.get("records") or []
    if told and all("parameters" in record for record in told):
        return told
    return records(staged.raw, record_of(staged.name))


def _read(path: pathlib.Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))["data"]
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return found if isinstance(found, dict) else {}


def done_before(staged: Staged, tick: _files.Tick) -> dict[str, Any] | None:
    """The document of the same work where its result is still in the upload as it was."""
    raw = pathlib.Path(staged.raw)
    entry = _read(raw / sidecar(staged.name))
    if entry.get("fingerprint") != staged.fingerprint or not (raw / staged.name).is_file():
        return None
    if _files.sha256(raw / staged.name, tick) != entry.get("file_sha256"):
        return None
    document: dict[str, Any] = json.loads(entry["document"])
    return document


def write(staged: Staged, document: dict[str, Any], report: str, tick: _files.Tick) -> list[str]:
    """Writes all entries; gives the paths that are new or changed. Done twice, it writes the same. A report was staged out with the result."""
    made = [staged.name]
    main = record_of(staged.name)
    found = _records_of(staged, document)
    page = str(pathlib.PurePosixPath(staged.name).with_suffix(".html")) if report else ""
    models = {}
    for item in _model_inputs(found):
        models[item["content_sha256"]], more = _put_model(staged, item, tick)
        made += more
    entry = _result(staged, document, found, page, [path for path in models.values() if path])
    entry["file_sha256"] = _files.sha256(pathlib.Path(staged.raw) / staged.name, tick)
    files.put_text(staged.raw, json.dumps({"data": entry}, indent=1), sidecar(staged.name))
    return [*made, *([main] if main != staged.name else []), sidecar(staged.name), _put_chain(staged)]


# ---- results ----


def _result(staged: Staged, document: dict[str, Any], found: list[Record], page: str, models: list[str]) -> dict[str, Any]:
    last: Record = found[-1] if found else {}
    summary = {name: value for record in found for name, value in record["summary"].items()} | document.get("summary", {})
    entry = {
        "m_def": RESULT,
        "name": pathlib.PurePosixPath(staged.name).name,
        "step": staged.request.step if staged.request.step != "run" else f"recipe {pathlib.PurePosixPath(staged.request.recipe).stem}",
        "step_version": str(last.get("step_version", _catalogue.steps().get(staged.request.step, {}).get("version", ""))),
        "engine_version": last.get("program_version", _catalogue.version()),
        "results_sha256": document["output"]["results_sha256"],
        "fingerprint": staged.fingerprint,
        "action_id": staged.action_id,
        "result_file": staged.name,
        "datetime": last.get("end_time"),
        "order": [_order(species, summary) for species in _species(found)],
        "inputs": [_input(staged, item) for item in document["inputs"]],
        "steps": [_step(record) for record in found],
        "warnings": [f"{item['code']}: {item['text']}" for item in document.get("warnings", [])],
        "document": json.dumps(document),
    }
    entry |= {name: max(values) for name in ("mu", "domains") if (values := [part[name] for part in entry["order"] or [summary] if name in part])}
    if staged.name.endswith(".nxs"):
        entry["result"] = mainfile(staged.name)
    if page:
        entry["report_file"] = page
    entry["models"] = [_used(staged, path) for path in models]
    return {name: value for name, value in entry.items() if value not in (None, "", [])}


def _order(species: str, summary: dict[str, Any]) -> dict[str, Any]:
    """What was found of one species: a summary of several has a part for each."""
    part = summary.get(species, summary)
    return {"species": species} | {name: part[name] for name in ("mu", "domains", "pearson_r", "p_value") if isinstance(part.get(name), int | float)}


def _used(staged: Staged, path: str) -> dict[str, str]:
    entry = _read(pathlib.Path(staged.raw) / path)
    return {"name": entry.get("name", ""), "model_sha256": entry.get("model_sha256", ""), "reference": mainfile(path)}


def _species(found: list[Record]) -> list[str]:
    """Species that any of the steps was about, in the order of their first mention."""
    named = [str(record["parameters"].get("species", {}).get("value", "")) for record in found]
    return list(dict.fromkeys(word.strip() for text in named for word in text.split(",") if word.strip()))


def _input(staged: Staged, item: dict[str, Any]) -> dict[str, Any]:
    told = {"role": item["role"], "file": item["file"], "sha256": item["sha256"], "content_sha256": item["content_sha256"]}
    if item["file"].endswith(".nxs") and (pathlib.Path(staged.raw) / item["file"]).is_file():
        told["reference"] = mainfile(item["file"])
    return {name: value for name, value in told.items() if value}


def _step(record: Record) -> dict[str, Any]:
    """A record as a section; numbers of the summary as JSON, since each step has others."""
    told = {
        "name": record["name"],
        "step": record["step"],
        "step_version": str(record["step_version"]),
        "results_sha256": record["results_sha256"],
        "start_time": record["start_time"],
        "end_time": record["end_time"],
        "seed": record.get("seed"),
        "parameters": json.dumps({name: row["value"] for name, row in record["parameters"].items()}),
        "summary": json.dumps(record["summary"]),
    }
    return {name: value for name, value in told.items() if value not in (None, "")}


# ---- models ----


def _model_inputs(found: list[Record]) -> list[dict[str, Any]]:
    """Files of models that the steps used, each once."""
    used = {item["content_sha256"]: item for record in found for item in record["inputs"] if item["role"] == "model" and item.get("file")}
    return list(used.values())


def _put_model(staged: Staged, item: dict[str, Any], tick: _files.Tick) -> tuple[str, list[str]]:
    """The entry of a model, and its file where it is one that ships; gives the path of the entry and the new paths."""
    raw = pathlib.Path(staged.raw)
    folder = pathlib.PurePosixPath(staged.request.output_dir) / "models"
    given = next((one.path for one in staged.inputs if one.sha256 == item["sha256"] and not one.is_shipped), "")
    stem, made = pathlib.PurePosixPath(item["file"]).stem, []
    if not given:
        shipped = files.shipped_model(stem)
        if not shipped or _files.sha256(shipped) != item["sha256"]:
            return "", []
        given = str(folder / f"{stem}.nxs")
        if (raw / given).exists() and _files.sha256(raw / given, tick) != item["sha256"]:
            given = str(folder / f"{stem}.{item['sha256'][:8]}.nxs")
        made += [given] if files.put(staged.raw, str(shipped), given, tick) else []
    entry = str(folder / f"{pathlib.PurePosixPath(given).stem}.archive.json")
    if _read(raw / entry).get("file_sha256") == item["sha256"]:
        return entry, made
    files.put_text(staged.raw, json.dumps({"data": _model(staged, given, item)}, indent=1), entry)
    return entry, [*made, entry]


def _model(staged: Staged, path: str, item: dict[str, Any]) -> dict[str, Any]:
    found = records(staged.raw, path)
    trained = next((record for record in reversed(found) if record["step"] in ("train", "import")), None)
    bank = next((record for record in found if record["step"] == "bank"), None)
    entry = {
        "m_def": MODEL,
        "name": pathlib.PurePosixPath(path).stem,
        "model_file": path,
        "file": mainfile(path),
        "file_sha256": item["sha256"],
        "results_sha256": item["content_sha256"],
        "model_sha256": (trained or {}).get("summary", {}).get("model_sha256"),
        "training": _step(trained) if trained else None,
        "bank": _step(bank) if bank else None,
    }
    return {name: value for name, value in entry.items() if value}


# ---- the chain ----


class PlainDumper(yaml.SafeDumper):
    """Writes what occurs twice twice: people read this file."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _put_chain(staged: Staged) -> str:
    """One graph of all results in the folder. Another action may add a result meanwhile: then it is written once more."""
    name = str(pathlib.PurePosixPath(staged.request.output_dir) / CHAIN)
    while True:
        paths = _sidecars(staged)
        files.put_text(staged.raw, yaml.dump(chain(staged.raw, paths), Dumper=PlainDumper, sort_keys=False, allow_unicode=True), name)
        if paths == _sidecars(staged):
            return name


def _sidecars(staged: Staged) -> list[str]:
    folder = pathlib.Path(staged.raw) / staged.request.output_dir
    return sorted(str(path.relative_to(staged.raw)) for path in folder.glob("*.archive.json"))


def chain(raw: str, paths: list[str]) -> dict[str, Any]:
    """`workflow2` over the entries at these paths: what none of them made is an input, what none of them used is an output."""
    found = {path: _read(pathlib.Path(raw) / path) for path in paths}
    tasks = {path: entry for path, entry in found.items() if entry.get("m_def") == RESULT}
    made = {entry["result_file"] for entry in tasks.values()}
    used = {item["file"] for entry in tasks.values() for item in entry.get("inputs", [])}
    given = [(path, number, item) for path, entry in tasks.items() for number, item in enumerate(entry.get("inputs", []))]
    outer = {item["file"]: _link(path, number, item) for path, number, item in given if item["file"] not in made}
    ends = [_end(path, entry) for path, entry in tasks.items() if entry["result_file"] not in used]
    ends += [_page(path, entry) for path, entry in tasks.items() if entry.get("report_file")]
    ordered = sorted(tasks.items(), key=lambda item: (item[1].get("datetime", ""), item[0]))
    return {
        "workflow2": {
            "name": "chemical order, from the vendor file on",
            "inputs": list(outer.values()),
            "outputs": ends,
            "tasks": [task for path, entry in ordered for task in _tasks(path, entry)],
        }
    }


def _link(path: str, number: int, item: dict[str, Any]) -> dict[str, str]:
    """A file that an entry of its own stands for, else the section of the first result that used it: a vendor file has no entry."""
    return {"name": f"{item['role']}: {item['file']}", "section": item.get("reference") or mainfile(path, f"/data/inputs/{number}")}


def _end(path: str, entry: dict[str, Any]) -> dict[str, str]:
    """A result: the entry of its file, or its own where the file has none."""
    return {"name": pathlib.PurePosixPath(entry["result_file"]).name, "section": entry.get("result") or mainfile(path)}


def _page(path: str, entry: dict[str, Any]) -> dict[str, str]:
    return {"name": pathlib.PurePosixPath(entry["report_file"]).name, "section": mainfile(path, "/data/report")}


def _tasks(path: str, entry: dict[str, Any]) -> list[dict[str, Any]]:
    kind = "nomad.datamodel.metainfo.workflow."
    links = [_link(path, number, item) for number, item in enumerate(entry.get("inputs", []))]
    links += [{"name": "model", "section": model["reference"]} for model in entry.get("models", [])]
    step = {
        "m_def": kind + "TaskReference",
        "name": entry["step"],
        "task": mainfile(path, "/workflow2"),
        "inputs": links,
        "outputs": [_end(path, entry)],
    }
    if not entry.get("report_file"):
        return [step]
    name = pathlib.PurePosixPath(entry["result_file"]).name
    return [step, {"m_def": kind + "Task", "name": f"report of {name}", "inputs": [_end(path, entry)], "outputs": [_page(path, entry)]}]
