"""Results to NOMAD by its REST API, with the standard library alone.

    done = upload.send(["tip.nxs", "csro.nxs"], name="CoCrNi, tip 22")    # NOMAD_URL and NOMAD_TOKEN
    done.id, done.entries
    upload.pack(["tip.nxs", "csro.nxs"], "csro.zip")                      # or a file to drop on the upload page

NOMAD_URL is the address of an installation, e.g. https://nomad.example.org/nomad-oasis; NOMAD_TOKEN its access token (page
"APIs" of its GUI). Neither is kept or written anywhere. Files are sent in pieces: an upload needs no memory.
"""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
import zipfile
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from . import errors

Path = str | os.PathLike[str]
WAIT_S = 600.0
TIMEOUT_S = 120.0


class Entry(NamedTuple):
    """One entry that NOMAD made of a file."""

    id: str
    file: str
    parser: str
    status: str  # SUCCESS, FAILURE, ...
    errors: list[str]


class Upload(NamedTuple):
    """An upload that NOMAD has processed."""

    id: str
    url: str
    status: str  # SUCCESS, FAILURE, ...
    entries: list[Entry]


def pack(paths: Sequence[Path], archive: Path, overwrite: bool = False) -> pathlib.Path:
    """The files side by side in one zip archive, so that results find their inputs; NOMAD unpacks it."""
    names = [pathlib.Path(path).name for path in paths]
    if len(set(names)) != len(names):
        raise errors.UsageError("E_USAGE", f"two files have the same name: {', '.join(sorted(names))}; results refer to inputs by name")
    out = pathlib.Path(archive)
    if out.exists() and not overwrite:
        raise errors.OutputError("E_EXISTS", f"'{out}' exists; overwrite=True replaces it", file=out.name)
    part = out.with_name(out.name + ".part")
    try:
        with zipfile.ZipFile(part, "w", zipfile.ZIP_STORED) as made:  # results are compressed already
            for path, name in zip(paths, names, strict=True):
                made.write(path, name)
        part.replace(out)
    except FileNotFoundError as error:
        raise errors.MissingError("E_NOT_FOUND", f"there is no file '{error.filename}'", file=pathlib.Path(str(error.filename)).name) from error
    except OSError as error:
        raise errors.OutputError("E_OUTPUT", f"'{out}' cannot be written: {error.strerror}", file=out.name) from error
    finally:
        part.unlink(missing_ok=True)
    return out


def send(
    paths: Sequence[Path] | Path, *, name: str | None = None, url: str | None = None, token: str | None = None, wait_s: float = WAIT_S
) -> Upload:
    """Makes an upload of the files, waits until NOMAD has processed it, and lists its entries.

    Raises LackingError where no address is known, InputOutputError or TemporaryError where the server cannot be reached or does not
    finish in time, DataError where it refuses the files. An entry that could not be parsed has status FAILURE and its errors.
    """
    given = [paths] if isinstance(paths, (str, os.PathLike)) else list(paths)
    api = _Api(url or os.environ.get("NOMAD_URL", ""), token or os.environ.get("NOMAD_TOKEN", ""))
    with _one_file(given) as (path, file_name):
        query = {"file_name": file_name, "upload_name": name or pathlib.Path(given[0]).stem}
        if len(given) > 1:
            query["auto_decompress"] = "true"
        made = api.post("uploads", query, path)
    upload_id = str(made["upload_id"])
    status = api.wait(upload_id, time.monotonic() + wait_s)
    return Upload(upload_id, f"{api.base}/gui/user/uploads/upload/id/{upload_id}", status, api.entries(upload_id))


@contextlib.contextmanager
def _one_file(paths: Sequence[Path]) -> Iterator[tuple[pathlib.Path, str]]:
    if not paths:
        raise errors.UsageError("E_USAGE", "no file to upload")
    if len(paths) == 1:
        one = pathlib.Path(paths[0])
        if not one.is_file():
            raise errors.MissingError("E_NOT_FOUND", f"there is no file '{one}'", file=one.name)
        yield one, one.name
        return
    with tempfile.TemporaryDirectory(prefix="ordapt-upload-") as folder:
        yield pack(paths, pathlib.Path(folder) / "upload.zip"), "upload.zip"


class _Api:
    """What is needed of the REST API of NOMAD, version 1."""

    def __init__(self, url: str, token: str) -> None:
        if not url.startswith(("http://", "https://")):
            raise errors.LackingError("E_NOMAD_URL", f"the address of NOMAD is '{url}'; set NOMAD_URL to that of an installation, https://...")
        self.base = url.rstrip("/").removesuffix("/api/v1").removesuffix("/api")
        self.token = token

    def _open(self, path: str, query: dict[str, Any], body: Any = None, size: int = 0) -> dict[str, Any]:
        address = f"{self.base}/api/v1/{path}?{urllib.parse.urlencode(query)}"
        request = urllib.request.Request(address, data=body, method="POST" if body is not None else "GET", headers={"Accept": "application/json"})
        if self.token:
            request.add_header("Authorization", f"Bearer {self.token}")
        if body is not None:
            request.add_header("Content-Type", "application/octet-stream")
            request.add_header("Content-Length", str(size))
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:
                found: dict[str, Any] = json.load(answer)
                return found
        except urllib.error.HTTPError as error:
            raise _refused(error) from error
        except (OSError, ValueError) as error:
            raise errors.InputOutputError("E_NOMAD", f"NOMAD at {self.base} cannot be reached or says nothing useful: {error}; try again") from error

    def post(self, path: str, query: dict[str, Any], file: pathlib.Path) -> dict[str, Any]:
        """Sends a file as the body."""
        with file.open("rb") as body:
            return self._open(path, query, body, file.stat().st_size)

    def wait(self, upload_id: str, until: float) -> str:
        """Until nothing is processed any more: SUCCESS or FAILURE."""
        pause = 0.1
        while True:
            data = self._open(f"uploads/{upload_id}", {})["data"]
            if not data["process_running"]:
                return str(data["process_status"])
            if time.monotonic() > until:
                said = data.get("last_status_message") or "no message"
                raise errors.TemporaryError("E_NOMAD_SLOW", f"NOMAD still processes upload {upload_id} ({said}); look again later")
            time.sleep(pause)
            pause = min(2 * pause, 5.0)

    def entries(self, upload_id: str) -> list[Entry]:
        """All of them, page by page."""
        found: list[Entry] = []
        after: str | None = None
        while True:
            query = {"page_size": 100, **({"page_after_value": after} if after else {})}
            answer = self._open(f"uploads/{upload_id}/entries", query)
            found += [
                Entry(row["entry_id"], row["mainfile"], row["parser_name"], row["process_status"], list(row.get("errors") or []))
                for row in answer["data"]
            ]
            after = answer.get("pagination", {}).get("next_page_after_value")
            if not after:
                return found


def _refused(error: urllib.error.HTTPError) -> errors.OrdaptError:
    """401 and 403: rights; 5xx: later; anything else: the files or the call."""
    try:
        said = json.load(error).get("detail", "")
    except (OSError, ValueError, AttributeError):
        said = ""
    text = f"NOMAD answers {error.code} {error.reason}{': ' if said else ''}{said or ''}"
    if error.code in (401, 403):
        return errors.MissingError("E_NOMAD_RIGHTS", f"{text}; set NOMAD_TOKEN to a valid access token")
    if error.code >= 500 or error.code == 429:
        return errors.TemporaryError("E_NOMAD", f"{text}; try again")
    return errors.DataError("E_NOMAD", text)
