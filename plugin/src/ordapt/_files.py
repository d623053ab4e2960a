"""What every part of the package does with files. `tick` is called again and again while a large file is read: a worker tells by it that it lives."""

from __future__ import annotations

import hashlib
import os
import pathlib
from collections.abc import Callable, Iterator
from typing import BinaryIO

PIECE = 1 << 20
"""Bytes that are read at once."""
PIECES_PER_TICK = 16

Tick = Callable[[], object]


def no_tick() -> None:
    """For those who need not tell anybody."""


def pieces(file: BinaryIO, tick: Tick = no_tick) -> Iterator[bytes]:
    """The rest of a file; `tick` is called every 16 MiB, and at the end."""
    number = 0
    while piece := file.read(PIECE):
        yield piece
        number += 1
        if number % PIECES_PER_TICK == 0:
            tick()
    tick()


def sha256(path: str | os.PathLike[str], tick: Tick = no_tick) -> str:
    """SHA-256 of a file, in hexadecimal digits."""
    whole = hashlib.sha256()  # hashlib.file_digest needs Python 3.11
    with pathlib.Path(path).open("rb") as file:
        for piece in pieces(file, tick):
            whole.update(piece)
    return whole.hexdigest()


def copy(source: BinaryIO, target: BinaryIO, tick: Tick = no_tick) -> None:
    """The rest of one file into another."""
    for piece in pieces(source, tick):
        target.write(piece)
