"""What every part of the package does with files."""

from __future__ import annotations

import hashlib
import os
import pathlib

PIECE = 1 << 20
"""Bytes that are read at once."""


def sha256(path: str | os.PathLike[str]) -> str:
    """SHA-256 of a file, in hexadecimal digits."""
    whole = hashlib.sha256()  # hashlib.file_digest needs Python 3.11
    with pathlib.Path(path).open("rb") as file:
        while piece := file.read(PIECE):
            whole.update(piece)
    return whole.hexdigest()
