"""Reads result files as NOMAD does, all in one process: `parse.py 1|2 FILE...`, with the first or the second parser of pynxtools. One line of JSON per file.

The parser of the second kind is tried where the first is not installed, since both take the same files.
"""
from __future__ import annotations

import json
import logging
import os
import pathlib
import sys
import tempfile
import time
from typing import Any

PARSERS = {"1": "pynxtools.nomad.parsers:nexus_parser", "2": "pynxtools.nomad.parsers:nexus_parser_v2"}
SCHEMAS = ["pynxtools.nomad.schema_packages:nexus_schema", "pynxtools.nomad.metainfo:nexus_applications", "pynxtools.nomad.metainfo:nexus_base_classes"]


def configure(parser: str) -> None:
    path = pathlib.Path(tempfile.mkdtemp()) / "nomad.yaml"
    path.write_text(json.dumps({"plugins": {"entry_points": {"include": [PARSERS[parser], *SCHEMAS, "ordapt.nomad:steps_schema"]}}, "logstash": {"enabled": False}}))
    os.environ["NOMAD_CONFIG"] = str(path)


class Heard(logging.Handler):
    """Keeps what is logged as an error."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage()[:300])


def sections(archive: Any) -> int:
    return sum(1 for _ in archive.m_all_contents())


def names(archive: Any) -> list[str]:
    """Names of the groups and sections below the entry, whatever the parser calls them."""
    found = [getattr(section, "nx_name", None) or section.m_def.name for section in archive.data.m_all_contents()]
    return sorted({str(name) for name in found})


def main() -> None:
    configure(sys.argv[1])
    from nomad.client import normalize_all, parse

    heard = Heard()
    logging.getLogger().addHandler(heard)
    for path in sys.argv[2:]:
        heard.lines.clear()
        begun = time.monotonic()
        archives = parse(path)
        for archive in archives:
            normalize_all(archive)
        took = time.monotonic() - begun
        archive = archives[0]
        told = {"file": path, "entries": len(archives), "seconds": took, "type": archive.metadata.entry_type, "errors": list(heard.lines), "names": names(archive),
                "sections": sections(archive), "tasks": [task.name for task in archive.workflow2.tasks] if archive.workflow2 else [],
                "quantities": len(archive.metadata.search_quantities or []), "elements": list(archive.results.material.elements) if archive.results and archive.results.material else []}
        print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main()
