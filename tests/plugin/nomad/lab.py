"""A user of NOMAD: makes uploads, starts actions and waits. Knows the contract of the actions and nothing else of them."""
from __future__ import annotations

import dataclasses
import os
import pathlib
import time
from typing import Any

USER, OTHER = "00000000-0000-0000-0000-000000000001", "00000000-0000-0000-0000-000000000002"


@dataclasses.dataclass
class Ended:
    """How an action ended."""

    status: str
    document: dict[str, Any]
    code: str
    text: str
    seconds: float


class Lab:
    """One upload and its user."""

    def __init__(self, *files: pathlib.Path, user: str = USER) -> None:
        from nomad.datamodel import User
        from nomad.files import StagingUploadFiles
        from nomad.processing import Upload

        self.user = user
        self.upload = Upload.create(main_author=User(user_id=user), upload_name="test")
        self.files = StagingUploadFiles(self.upload.upload_id, create=True)
        for file in files:
            self.add(file)

    @property
    def raw(self) -> pathlib.Path:
        return pathlib.Path(os.path.dirname(self.files.raw_file_object("x").os_path))

    def add(self, file: pathlib.Path, folder: str = "") -> None:
        self.files.add_rawfiles(str(file), folder, auto_decompress=False)

    def paths(self, folder: str = "") -> list[str]:
        """Files of the upload below a folder."""
        return sorted(str(path.relative_to(self.raw)) for path in (self.raw / folder).rglob("*") if path.is_file())

    def start(self, action: str, **data: Any) -> str:
        """Starts `ordapt.nomad:<action>_action`; ValueError where the form refuses."""
        from nomad.actions import manager

        name = f"ordapt.nomad:{action}_action"
        return str(manager.start_action(name, manager.validate_action_arg(name, {"upload_id": self.upload.upload_id, "user_id": self.user} | data)))

    def status(self, instance: str) -> str:
        from nomad.actions import manager

        return str(manager.get_action_status(instance, self.user).name)

    def stop(self, instance: str) -> None:
        from nomad.actions import manager

        manager.stop_action(instance, self.user)

    def wait(self, instance: str, seconds: float = 120) -> Ended:
        """Follows an action to its end."""
        from nomad.actions import manager

        begun = time.monotonic()
        while (status := self.status(instance)) == "RUNNING":
            if time.monotonic() - begun > seconds:
                raise AssertionError(f"{instance} still runs after {seconds} s")
            time.sleep(0.1)
        took = time.monotonic() - begun
        try:
            document = manager.get_action_result(instance, self.user) if status != "CANCELED" else {}
            return Ended(status, document or {}, "", "", took)
        except Exception as error:
            while getattr(error, "cause", None) is not None:
                error = error.cause  # type: ignore[attr-defined]
            return Ended(status, {}, str(getattr(error, "type", "")), str(error), took)

    def act(self, action: str, seconds: float = 120, **data: Any) -> Ended:
        return self.wait(self.start(action, **data), seconds)

    def done(self, action: str, **data: Any) -> dict[str, Any]:
        """The document of an action that must succeed."""
        ended = self.act(action, **data)
        assert ended.status == "COMPLETED", f"{action}: {ended.status}: {ended.text}"
        return ended.document

    # ---- entries ----

    def process(self, seconds: float = 300) -> None:
        """Has NOMAD read every file of the upload; where an action asked for the same a moment ago, after that."""
        from nomad.processing import ProcessAlreadyRunning, Upload

        while True:
            self.settle(seconds)
            try:
                Upload.get(self.upload.upload_id).process_upload()
                break
            except ProcessAlreadyRunning:
                continue
        self.settle(seconds)

    def settle(self, seconds: float = 300) -> None:
        """Waits until NOMAD is through with the upload."""
        from nomad.processing import Upload

        deadline = time.monotonic() + seconds
        time.sleep(0.5)
        while Upload.get(self.upload.upload_id).process_running:
            assert time.monotonic() < deadline, "the upload is processed for too long"
            time.sleep(0.3)

    def entries(self) -> dict[str, Any]:
        """Entries by main file."""
        from nomad.processing import Entry

        return {entry.mainfile: entry for entry in Entry.objects(upload_id=self.upload.upload_id)}

    def archive(self, mainfile: str) -> dict[str, Any]:
        """The archive of an entry, as it is stored."""
        entry_id = self.entries()[mainfile].entry_id
        with self.files.read_archive(entry_id) as reader:
            return plain(reader[entry_id])


def plain(value: Any) -> Any:
    """Dicts and lists, whatever the reader of archives gives."""
    if hasattr(value, "to_dict"):
        value = value.to_dict()
    elif hasattr(value, "to_list"):
        value = value.to_list()
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list) else value
