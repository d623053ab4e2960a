"""`ordapt.upload` against NOMAD's own application: files are sent over REST with a token, processed and listed."""
from __future__ import annotations

import pathlib
import shutil

import pytest
from conftest import ordapt
from lab import USER
from stack import Stack


@pytest.fixture
def results(specimen: pathlib.Path, tmp_path: pathlib.Path) -> list[pathlib.Path]:
    """A result and the specimen it was made from."""
    shutil.copy(specimen / "tip.nxs", tmp_path)
    ordapt("composition", "tip.nxs", "-o", "shares.nxs", folder=tmp_path)
    return [tmp_path / "tip.nxs", tmp_path / "shares.nxs"]


def token_of(user: str) -> str:
    from nomad.auth.tokens import generate_simple_token

    return str(generate_simple_token(user, 600))


def test_results_are_sent_and_become_entries(nomad: Stack, results: list[pathlib.Path]) -> None:
    from ordapt import upload

    done = upload.send(results, name="two files", url=nomad.wait_for_app(), token=token_of(USER))
    assert done.status == "SUCCESS" and done.id in done.url
    assert {entry.file: (entry.status, entry.errors) for entry in done.entries} == {"tip.nxs": ("SUCCESS", []), "shares.nxs": ("SUCCESS", [])}
    assert all("nexus" in entry.parser for entry in done.entries)
