"""ordapt in NOMAD: one action per step, one for recipes, one that splits a step among workers; entries, an app, an example.

The ids are those of the contract: `ordapt.nomad:<step>_action`, `ordapt.nomad:recipe_action`, `ordapt.nomad:sharded_action`. This module is imported
when NOMAD starts and stays light; what an action does is in workflows.py (the order of its activities) and activities.py (what each does).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nomad.actions import TaskQueue
from nomad.config.models.plugins import ActionEntryPoint, AppEntryPoint, ExampleUploadEntryPoint, SchemaPackageEntryPoint
from pydantic import Field

from .. import _catalogue
from .app import app

if TYPE_CHECKING:
    from nomad.actions import Action
    from nomad.metainfo import SchemaPackage


class OrdaptAction(ActionEntryPoint):
    """An action that runs the program; an operator overrides these fields in nomad.yaml."""

    work: str = Field(description="step of the engine, or `recipe`, or `sharded`")
    task_queue: str = Field(default=TaskQueue.CPU)
    threads: int = Field(default=0, ge=0, description="threads of one run; 0: all cores the worker may use")
    timeout_s: int = Field(default=6 * 3600, gt=0, description="the longest that one run of the program may take")
    heartbeat_s: int = Field(
        default=15,
        gt=2,
        description="a worker that is silent for so long is taken for dead, and its work is given to another; a cancel arrives "
        "within about this time",
    )

    process: bool = Field(
        default=True,
        description="ask NOMAD to read new files as soon as a result is there; without it they become entries when the upload is processed next",
    )

    def load(self) -> Action:
        from .workflows import action

        return action(self)


class OrdaptSchema(SchemaPackageEntryPoint):
    """Entries for steps, results and models."""

    def load(self) -> SchemaPackage:
        from .schema import m_package

        return m_package


def _actions() -> dict[str, OrdaptAction]:
    made = {
        f"{name}_action": OrdaptAction(work=name, name=f"ordapt {name}: {step['title']}", description=step["description"])
        for name, step in _catalogue.steps().items()
    }
    made["recipe_action"] = OrdaptAction(
        work="recipe",
        name="ordapt recipe: several steps and a report",
        description="Runs a recipe of the program, or one of the upload, and writes a report beside its result.",
    )
    made["sharded_action"] = OrdaptAction(
        work="sharded",
        name="ordapt sharded: one step on many workers",
        description="Splits a step into slabs, runs them on all workers of the queue and merges them: the digest of one run.",
    )
    return made


globals().update(_actions())

steps_schema = OrdaptSchema(name="ordapt", description="Steps of ordapt that start from a button, their results and models.")

order_app = AppEntryPoint(name="Chemical order", description="Search results of ordapt.", app=app)

csro_example = ExampleUploadEntryPoint(
    title="Chemical short-range order in CoCrNi",
    category="Atom probe",
    plugin_package="ordapt",
    resources=["nomad/example/*"],
    description="A small simulated atom probe specimen with ordered spheres, and two entries that range it and find them: press start in each, one after the other.",
)
