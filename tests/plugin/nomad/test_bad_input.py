"""What must be refused is refused: before the start where that can be, with the engine's text, and nothing is left."""
from __future__ import annotations

import dataclasses
import os
import pathlib
import stat
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from lab import OTHER, Ended, Lab
from stack import Stack


def failed(ended: Ended, code: str, *words: str) -> None:
    assert (ended.status, ended.code) == ("FAILED", code), ended
    for word in words:
        assert word in ended.text, ended.text


@pytest.mark.parametrize(("parameters", "words"), [
    ({"radius": 1000}, ("E_PARAMETER_RANGE", "between 0.01 and 100")),
    ({"radius": "wide"}, ("E_PARAMETER_VALUE",)),
    ({"raduis": 1}, ("raduis",)),
    ({"mode": "insphere ; rm"}, ("E_PARAMETER",)),
])
def test_the_form_refuses_a_parameter_in_the_words_of_the_engine(lab: Lab, parameters: dict[str, object], words: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match=r"E_[A-Z_]+: .+") as refused:
        lab.start("sdm", input_path="tip.nxs", parameters=parameters)
    for word in words:
        assert word in str(refused.value)


def test_the_sharded_form_refuses_too(lab: Lab) -> None:
    with pytest.raises(ValueError, match="E_PARAMETER_RANGE"):
        lab.start("sharded", step="sdm", slabs=2, input_path="tip.nxs", parameters={"radius": 1000})


def test_a_field_that_no_action_has_is_refused(lab: Lab) -> None:
    with pytest.raises(ValueError, match="contol_path"):
        lab.start("domains", input_path="tip.nxs", contol_path="shuffled.nxs")


def test_unknown_upload(lab: Lab) -> None:
    failed(lab.act("composition", input_path="tip.nxs", upload_id="there-is-none"), "E_UPLOAD_UNKNOWN", "there-is-none")


def test_no_rights(lab: Lab) -> None:
    instance = lab.start("composition", input_path="tip.nxs", user_id=OTHER)
    lab.user = OTHER
    failed(lab.wait(instance), "E_UPLOAD_RIGHTS", "coauthor")


def test_a_published_upload_takes_no_results(lab: Lab) -> None:
    lab.files.pack(entries=[], with_embargo=False)  # what publishing does to the files
    lab.files.delete()
    failed(lab.act("composition", input_path="tip.nxs"), "E_UPLOAD_PUBLISHED", "published")


@pytest.mark.parametrize("path", ["absent.nxs", "results/absent.nxs"])
def test_missing_input(lab: Lab, path: str) -> None:
    failed(lab.act("composition", input_path=path), "E_INPUT_NOT_FOUND", path)


@pytest.mark.parametrize("path", ["../../secret.nxs", "/etc/passwd", "a\nb.nxs"])
def test_a_path_outside_of_the_upload(lab: Lab, path: str) -> None:
    failed(lab.act("composition", input_path=path), "E_PATH")
    failed(lab.act("composition", input_path="tip.nxs", output_dir=path), "E_PATH")


def test_missing_model(lab: Lab) -> None:
    failed(lab.act("classify", input_path="tip.nxs", model_path="no-such-model", parameters={"species": "Ni"}), "E_INPUT_NOT_FOUND", "no-such-model", "ships")


def test_a_parameter_that_is_needed_and_not_given(lab: Lab) -> None:
    with pytest.raises(ValueError, match=r"E_[A-Z_]+: .*species"):
        lab.start("classify", input_path="tip.nxs")


def test_data_that_the_engine_refuses(lab: Lab) -> None:
    failed(lab.act("sdm", input_path="tip.nxs", parameters={"pairs": "Xx-Ni"}), "E_SPECIES_UNKNOWN", "Xx", "Co, Cr, Ni")
    assert lab.paths() == ["tip.nxs"]


def test_two_actions_writing_the_same_name(lab: Lab) -> None:
    first, second = (lab.start("sdm", input_path="tip.nxs", parameters={"pairs": pair}, output_name="maps") for pair in ("Ni-Ni", "Co-Co"))
    ended = [lab.wait(first), lab.wait(second)]
    assert sorted(one.status for one in ended) == ["COMPLETED", "FAILED"]
    failed(next(one for one in ended if one.status == "FAILED"), "E_OUTPUT_EXISTS", "maps.nxs")


def test_two_actions_of_the_same_work_agree(lab: Lab) -> None:
    first, second = (lab.start("composition", input_path="tip.nxs") for _ in range(2))
    one, other = lab.wait(first), lab.wait(second)
    assert one.status == other.status == "COMPLETED" and one.document["output"]["file"] == other.document["output"]["file"]


def test_work_that_was_done_is_not_done_again(lab: Lab) -> None:
    document = lab.done("composition", input_path="tip.nxs")
    path = lab.raw / document["output"]["file"]
    before = path.stat().st_mtime_ns
    assert lab.done("composition", input_path="tip.nxs") == document and path.stat().st_mtime_ns == before
    path.write_bytes(b"overwritten by somebody")
    failed(lab.act("composition", input_path="tip.nxs"), "E_OUTPUT_EXISTS")


# ---- one activity at a time, where the moment matters ----

@pytest.fixture
def moment(lab: Lab) -> Iterator[Any]:
    """Runs single activities of `composition`; cleans up as the workflow does."""
    from ordapt.nomad import activities
    from temporalio.testing import ActivityEnvironment

    made = ActivityEnvironment()
    made.info = dataclasses.replace(made.info, workflow_type="ordapt_composition", workflow_id=f"ordapt.nomad:composition_action-{lab.upload.upload_id}")
    yield made
    ActivityEnvironment().run(activities.clean_up, made.info.workflow_id)


def stage_in(moment: Any, lab: Lab) -> Any:
    from ordapt.nomad import activities
    from ordapt.nomad.work import Given, Request

    request = Request(upload_id=lab.upload.upload_id, user_id=lab.user, step="composition", given=[Given(role="ions", path="tip.nxs")])
    return moment.run(activities.stage_in, request)


def test_an_input_that_changes_between_start_and_run(lab: Lab, moment: Any) -> None:
    from ordapt.nomad import activities
    from temporalio.exceptions import ApplicationError

    work = stage_in(moment, lab)
    with open(lab.raw / "tip.nxs", "r+b") as file:  # the same content in other bytes, which the engine itself would accept
        file.seek(0, os.SEEK_END)
        file.write(b"\0")
    with pytest.raises(ApplicationError, match="E_INPUT_CHANGED") as refused:
        moment.run(activities.run_step, work)
    assert refused.value.non_retryable


@pytest.mark.parametrize("kind", ["missing", "other version"])
def test_an_engine_that_is_missing_or_of_another_version(lab: Lab, moment: Any, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    from temporalio.exceptions import ApplicationError

    program = tmp_path / "ordapt"
    if kind == "other version":
        program.write_text("#!/bin/sh\necho ordapt 9.9.9\n")
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("ORDAPT_PROGRAM", str(program))
    with pytest.raises(ApplicationError, match="E_ENGINE_MISSING" if kind == "missing" else "E_ENGINE_VERSION.*9.9.9") as refused:
        stage_in(moment, lab)
    assert refused.value.non_retryable


PUT_INTO_A_FULL_DISK = """
import resource, signal, sys
from ordapt import errors
from ordapt.nomad import files
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100000, 100000))
try:
    files.put(sys.argv[1], sys.argv[2], "results/x.nxs")
except errors.OutputError as error:
    print(error.code)
"""


def test_a_disk_that_is_full_on_stage_out(lab: Lab, specimen: pathlib.Path) -> None:
    """The limit on the size of a file stands for the end of the disk: the write fails half-way."""
    done = subprocess.run([sys.executable, "-c", PUT_INTO_A_FULL_DISK, str(lab.raw), str(specimen / "tip.nxs")], stdout=subprocess.PIPE, text=True, check=True)
    assert done.stdout.strip() == "E_WRITE" and lab.paths() == ["tip.nxs"]


def test_cancelled_while_staging(lab: Lab, moment: Any) -> None:
    from temporalio.exceptions import CancelledError

    moment.cancel()
    with pytest.raises(CancelledError):
        stage_in(moment, lab)
    assert lab.paths() == ["tip.nxs"]


def test_nothing_is_left_in_the_folders_of_the_actions(stack: Stack, lab: Lab) -> None:
    lab.done("composition", input_path="tip.nxs")
    assert not list((stack.folder / "files" / "actions").rglob("artifacts/*"))
