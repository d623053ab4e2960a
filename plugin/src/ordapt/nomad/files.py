"""Files of an upload: what may be read, what is read, and how a result gets in: complete under its name, or not at all."""

from __future__ import annotations

import errno
import os
import pathlib
from collections.abc import Callable
from typing import Any, BinaryIO

from .. import _files, errors, program
from . import _compat
from .work import Input, Request


def open_upload(request: Request) -> Any:
    """Files of the upload, where this user may write them."""
    try:
        files = _compat.upload_files(request.upload_id, request.user_id)
    except PermissionError as error:
        raise errors.MissingError(
            "E_UPLOAD_RIGHTS", f"upload {request.upload_id} belongs to somebody else; ask its main author to make you a coauthor"
        ) from error
    except (KeyError, AttributeError) as error:
        raise errors.MissingError(
            "E_UPLOAD_UNKNOWN", f"there is no upload {request.upload_id}, or it has no files; give the id of one of your uploads"
        ) from error
    if not hasattr(files, "add_rawfiles"):
        raise errors.OutputError(
            "E_UPLOAD_PUBLISHED", f"upload {request.upload_id} is published and takes no more results; copy its files into a new upload"
        )
    return files


def raw_folder(files: Any) -> str:
    return str(pathlib.Path(files.raw_file_object("x").os_path).parent)


def check_path(path: str, what: str) -> str:
    """A path within an upload."""
    clean = pathlib.PurePosixPath(path)
    if not path or clean.is_absolute() or ".." in clean.parts or any(ord(letter) < 32 for letter in path):
        raise errors.ParameterError("E_PATH", f"'{path}' is no path within the upload; give one such as run42.nxs", parameter=what)
    return str(clean)


def stage(files: Any, role: str, path: str, folder: str, *, may_ship: bool, tick: _files.Tick = _files.no_tick) -> Input:
    """An input with its digest; a model that is no file of the upload may be one that ships."""
    name = check_path(path, role)
    if _compat.has_file(files, name):
        place = pathlib.Path(files.raw_file_object(name).os_path)
        if not place.exists():  # the upload lies in a remote store
            place = pathlib.Path(folder) / place.name
            with files.raw_file(name, "rb") as source, place.open("wb") as target:
                _files.copy(source, target, tick)
        return Input(role=role, path=name, os_path=str(place), sha256=_files.sha256(place, tick), bytes=place.stat().st_size)
    shipped = shipped_model(name)
    if may_ship and shipped:
        return Input(role=role, path=name, os_path=str(shipped), sha256=_files.sha256(shipped), bytes=shipped.stat().st_size, is_shipped=True)
    also = ", and no model of this name ships" if may_ship else ""
    raise errors.MissingError(
        "E_INPUT_NOT_FOUND", f"the upload has no file '{name}'{also}; give a path as it is listed there", parameter=role, file=name
    )


def shipped_model(name: str) -> pathlib.Path | None:
    path = program.find().resolve().parent.parent / "share" / "ordapt" / "models" / f"{name}.nxs"
    return path if "/" not in name and path.is_file() else None


def put(raw: str, source: str, name: str, tick: _files.Tick = _files.no_tick, *, replace: bool = False) -> bool:
    """Copies a file into the upload. False: the name is taken, and nothing was replaced."""

    def copy(taken: BinaryIO) -> None:
        with pathlib.Path(source).open("rb") as given:
            _files.copy(given, taken, tick)

    return _place(raw, name, copy, replace)


def put_text(raw: str, text: str, name: str) -> None:
    """The same for a text, which may replace an older one."""
    _place(raw, name, lambda taken: taken.write(text.encode()), True)


def _place(raw: str, name: str, write: Callable[[BinaryIO], object], replace: bool) -> bool:
    """A file of the upload appears under its final name when it is complete. False: the name is taken."""
    target = pathlib.Path(raw) / name
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as taken:
            write(taken)
            taken.flush()
            os.fsync(taken.fileno())
        if replace:
            part.replace(target)
        else:
            target.hardlink_to(part)  # never replaces
    except FileExistsError:
        return False
    except OSError as error:
        raise _write_error(error, name) from error
    finally:
        part.unlink(missing_ok=True)
    return True


def _write_error(error: OSError, name: str) -> errors.OrdaptError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EISDIR):
        return errors.OutputError("E_WRITE", f"'{name}' cannot be written into the upload: {error.strerror}; nothing was left there")
    return errors.InputOutputError("E_WRITE", f"'{name}' cannot be written into the upload: {error.strerror}")
