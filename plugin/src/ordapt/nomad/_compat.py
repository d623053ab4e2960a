"""Where versions of NOMAD differ, 1.4.3 to 2.0.0."""
from __future__ import annotations

from typing import Any


def upload_files(upload_id: str, user_id: str) -> Any:
    """Files of an upload; PermissionError without rights, KeyError or AttributeError where there is none."""
    try:
        from nomad.uploads import get_upload_files
    except ImportError:  # before 1.4.3
        from nomad.actions.manager import get_upload_files
    return get_upload_files(upload_id, user_id)


def upload(upload_id: str) -> Any:
    """The upload itself, without a check of rights."""
    from nomad.processing import Upload

    return Upload.get(upload_id)


def has_file(files: Any, path: str) -> bool:
    ask = getattr(files, "raw_isfile", None) or files.raw_path_is_file
    return bool(ask(path))


def options(action_id: str) -> Any:
    """The entry point of an action as the operator configured it."""
    from nomad.config import config

    return config.get_plugin_entry_point(action_id)


def work_folder(instance: str) -> str:
    from nomad.actions.manager import action_instance_artifacts_dir

    return str(action_instance_artifacts_dir(instance))
