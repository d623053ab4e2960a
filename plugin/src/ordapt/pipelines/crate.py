"""A Process Run Crate beside a result: what was done to which file with which numbers, for platforms that read RO-Crates.

    python -m ordapt.pipelines.crate csro.nxs            writes ro-crate-metadata.json beside the result
    python -m ordapt.pipelines.crate csro.nxs -o DIR     a folder of its own, with copies of the result and of the inputs that were found

Everything comes from the records in the file (`ordapt show`): one CreateAction for each step, with its inputs, parameters, times and
digests. Inputs that lie beside the result are data of the crate, and the steps in their records are told too; others are named by
digest. Nobody's name is written. Profile: https://w3id.org/ro/wfrun/process/0.5
"""

from __future__ import annotations

import argparse
import base64
import json
import pathlib
import shutil
import sys
from collections.abc import Sequence
from importlib import metadata
from typing import Any

from .. import _files, errors, program

Entity = dict[str, Any]
Record = dict[str, Any]

METADATA = "ro-crate-metadata.json"
CRATE = "https://w3id.org/ro/crate/1.1"
PROFILE = "https://w3id.org/ro/wfrun/process/0.5"
CONTEXT = [f"{CRATE}/context", {"sha256": "https://w3id.org/ro/terms/workflow-run#sha256"}]
ENCODINGS = {
    ".nxs": "application/x-hdf5",
    ".h5": "application/x-hdf5",
    ".rrng": "text/plain",
    ".rng": "text/plain",
    ".env": "text/plain",
    ".csv": "text/csv",
    ".yaml": "application/yaml",
    ".json": "application/json",
}
NO_LICENCE = {
    "@id": "#licence",
    "@type": "CreativeWork",
    "name": "No licence is stated",
    "description": "The results carry none; ask whom you have them from.",
}


def by_digest(sha256: str) -> str:
    """The name of bytes that are not here (RFC 6920)."""
    return "ni:///sha-256;" + base64.urlsafe_b64encode(bytes.fromhex(sha256)).decode().rstrip("=")


class Crate:
    """Entities by @id, each once."""

    def __init__(self, result: pathlib.Path, search: Sequence[pathlib.Path]) -> None:
        self.folders = [result.parent, *search]
        self.entities: dict[str, Entity] = {}
        self.parts: list[str] = []
        self.actions: list[str] = []
        self.sources: dict[str, pathlib.Path] = {}
        self.newest = ""
        self.made: dict[str, str] = {}
        """Entry identifier of a record -> @id of what it made."""
        self.add_file(result, _files.sha256(result))

    def add(self, entity: Entity) -> dict[str, str]:
        self.entities.setdefault(entity["@id"], entity)
        return {"@id": entity["@id"]}

    def found(self, name: str, sha256: str) -> pathlib.Path | None:
        """The file of that name with these bytes."""
        paths = (folder / name for folder in self.folders)
        return next((path for path in paths if name and path.is_file() and _files.sha256(path) == sha256), None)

    def add_file(self, path: pathlib.Path, sha256: str) -> dict[str, str]:
        """A file of the crate, and the steps that its records tell."""
        if path.name in self.sources:
            return {"@id": path.name}
        self.sources[path.name] = path
        self.parts.append(path.name)
        encoding = ENCODINGS.get(path.suffix.lower(), "application/octet-stream")
        entity: Entity = {"@id": path.name, "@type": "File", "name": path.name, "sha256": sha256, "contentSize": str(path.stat().st_size)}
        entity["encodingFormat"] = encoding
        self.add(entity)
        if path.suffix.lower() == ".nxs":
            self.add_records(path)
        return {"@id": path.name}

    def add_records(self, path: pathlib.Path) -> None:
        told = program.records(path)
        for record in told:
            self.made[record["entry_identifier"]] = path.name if record is told[-1] else f"{path.name}#{record['name']}"
        for record in told:
            self.add_action(path, record)
            self.newest = max(self.newest, record["end_time"])

    def add_action(self, path: pathlib.Path, record: Record) -> None:
        key = f"urn:uuid:{record['entry_identifier']}"
        if key in self.entities:
            return
        action: Entity = {"@id": key, "@type": "CreateAction", "name": f"{record['name']}: ordapt {record['step']}"}
        action["description"] = f"Step {record['step']}, version {record['step_version']}, of the program ordapt {record['program_version']}"
        self.add(action)
        self.actions.append(key)
        action["instrument"] = self.add(application(record))
        action["startTime"], action["endTime"] = record["start_time"], record["end_time"]
        action["actionStatus"] = "http://schema.org/CompletedActionStatus"
        action["object"] = [*(self.add_input(one) for one in record["inputs"]), *(self.add(one) for one in values(key, record))]
        action["result"] = self.add_result(path, record)

    def add_result(self, path: pathlib.Path, record: Record) -> list[dict[str, str]]:
        """The file, and the part of it that this record describes, by its content digest."""
        part = {
            "@id": f"{path.name}#{record['name']}",
            "@type": "CreativeWork",
            "name": f"{record['name']} in {path.name}",
            "sha256": record["results_sha256"],
        }
        part["description"] = f"Results of {record['step']} in /entry1/{record['name']}; the digest is that of their content: {summary(record)}"
        part["isPartOf"] = {"@id": path.name}
        return [{"@id": path.name}, self.add(part)]

    def add_input(self, given: Record) -> dict[str, str]:
        """A file that was found, a result that stayed in memory, or bytes that are elsewhere."""
        path = self.found(given["file"], given["sha256"])
        if path is not None:
            return self.add_file(path, given["sha256"])
        earlier = self.made.get(given.get("entry_identifier", ""))
        if earlier is not None or not given["file"]:
            return {"@id": earlier or f"urn:uuid:{given['entry_identifier']}"}
        entity: Entity = {"@id": by_digest(given["sha256"]), "@type": "CreativeWork", "name": given["file"], "sha256": given["sha256"]}
        kind = "Network ensemble" if given["role"] == "model" else "File"
        entity["description"] = (
            f"{kind} that was read as {given['role']} and is not part of this crate; digest of its content: {given['content_sha256']}"
        )
        return self.add(entity)

    def document(self, licence: str) -> dict[str, Any]:
        """The metadata file."""
        result = next(iter(self.sources))
        self.actions.sort(key=lambda key: self.entities[key]["startTime"])
        steps = [self.entities[key]["name"].rsplit(" ", 1)[1] for key in self.actions]
        root: Entity = {"@id": "./", "@type": "Dataset", "name": f"{result} and how it was made", "conformsTo": {"@id": PROFILE}}
        root["description"] = f"Results of ordapt, steps {', '.join(dict.fromkeys(steps))}: chemical order in atom probe data"
        root["datePublished"] = self.newest
        root["license"] = {"@id": licence} if licence else self.add(NO_LICENCE)
        root["hasPart"] = [{"@id": part} for part in self.parts]
        root["mentions"] = [{"@id": key} for key in self.actions]
        if licence:
            self.add({"@id": licence, "@type": "CreativeWork", "name": licence.rstrip("/").rsplit("/", 1)[-1]})
        self.add({"@id": PROFILE, "@type": "CreativeWork", "name": "Process Run Crate", "version": "0.5"})
        about = {"@id": METADATA, "@type": "CreativeWork", "conformsTo": {"@id": CRATE}, "about": {"@id": "./"}}
        return {"@context": CONTEXT, "@graph": [about, root, *self.entities.values()]}


def home() -> str:
    """Where the distribution says that it lives; empty where it says nothing."""
    try:
        urls = metadata.metadata("ordapt").get_all("Project-URL") or []
    except metadata.PackageNotFoundError:
        return ""
    return next((url.split(", ", 1)[1] for url in urls if ", " in url), "")


def application(record: Record) -> Entity:
    """The program, with the commit and the libraries that this record names."""
    version, made = record["program_version"], record["environment"]
    entity: Entity = {"@id": f"urn:ordapt:{version}", "@type": "SoftwareApplication", "name": "ordapt", "softwareVersion": version}
    entity["description"] = (
        f"Chemical order in atom probe data. Compiler {made['compiler']}; {made['libraries']}; BLAS {made['blas']}; kernels {made['kernel']}"
    )
    entity["identifier"] = f"git commit {made['commit']}"
    entity["license"] = "Apache-2.0"
    if home():
        entity["url"] = home()
    return entity


def values(key: str, record: Record) -> list[Entity]:
    """Parameters with their units and where each came from."""
    made: list[Entity] = []
    for name, parameter in record["parameters"].items():
        value = parameter["value"]
        text = ",".join(map(str, value)) if isinstance(value, list) else value
        entity: Entity = {
            "@id": f"{key}#{name}",
            "@type": "PropertyValue",
            "name": name,
            "value": text,
            "description": f"{parameter['origin']} value",
        }
        made.append(entity | ({"unitText": parameter["unit"]} if parameter["unit"] else {}))
    return made


def summary(record: Record) -> str:
    numbers = [(name, value) for name, value in record["summary"].items() if not isinstance(value, (list, dict))]
    return ", ".join(f"{name} {value:.6g}" if isinstance(value, float) else f"{name} {value}" for name, value in numbers) or "no summary"


def write(result: pathlib.Path, output: pathlib.Path | None = None, search: Sequence[pathlib.Path] = (), licence: str = "") -> pathlib.Path:
    """Writes the metadata file of a result and returns its path; output: a file of that name, or a folder that gets copies of the data."""
    crate = Crate(result, search)
    if not crate.actions:
        raise errors.of(65, "E_RECORD", f"{result.name} has no record of ordapt; give a result, not the data behind it")
    folder = result.parent if output is None else output.parent if output.name == METADATA else output
    folder.mkdir(parents=True, exist_ok=True)
    for name, path in crate.sources.items():
        if not (folder / name).exists():
            shutil.copy2(path, folder / name)
    target = folder / METADATA
    part = target.with_name(METADATA + ".part")
    part.write_text(json.dumps(crate.document(licence), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    part.replace(target)
    return target


def main(words: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="ordapt-crate", description="A Process Run Crate (RO-Crate) of a result, from the records in it.")
    parser.add_argument("result", metavar="RESULT.nxs", type=pathlib.Path, help="any result of ordapt")
    parser.add_argument(
        "-o", "--output", metavar="DIR", type=pathlib.Path, help=f"folder that gets copies, or its {METADATA} (default: beside the result)"
    )
    parser.add_argument("--search", metavar="DIR", type=pathlib.Path, action="append", default=[], help="where else inputs may be; may be repeated")
    parser.add_argument("--licence", metavar="URL", default="", help="licence of the data, for example https://creativecommons.org/licenses/by/4.0/")
    arguments = parser.parse_args(words)
    try:
        print(write(arguments.result, arguments.output, arguments.search, arguments.licence))
    except errors.OrdaptError as error:
        print(f"{arguments.result.name}: {error.code}: {error.text}", file=sys.stderr)
        return error.exit_code
    except FileNotFoundError:
        print(f"{arguments.result}: E_NOT_FOUND: there is no such file", file=sys.stderr)
        return 66
    except OSError as error:
        print(f"{arguments.output or arguments.result.parent}: E_OUTPUT: {error}", file=sys.stderr)
        return 73
    return 0


if __name__ == "__main__":
    sys.exit(main())
