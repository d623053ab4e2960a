"""The order of activities, one workflow per action. Nothing here reads clocks, files or the environment: Temporal replays it.

stage in -> run (or slabs and merge) -> validate -> report -> stage out -> record; then, on its own, the request that NOMAD reads the new files.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from temporalio import workflow
from temporalio.common import RetryPolicy

from .. import _catalogue
from . import activities as do
from .inputs import ActionInput, RecipeInput, ShardedInput, step_input
from .work import Limits, Merge, Ran, Request, Slab, Staged, of_recipe, of_step

if TYPE_CHECKING:
    from nomad.actions import Action

    from . import OrdaptAction

SHORT = timedelta(minutes=10)
ATTEMPTS = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(seconds=30), maximum_attempts=5)
PATIENT = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=1), maximum_attempts=100)


class Doer:
    """Executes activities with the limits of the action."""

    def __init__(self, limits: Limits) -> None:
        self.longest, self.silence, self.processes = timedelta(seconds=limits.timeout_s), timedelta(seconds=limits.heartbeat_s), limits.process

    async def __call__(self, what: Callable[..., Any], request: Any) -> Any:
        """A cancel is never lost: it waits until the worker has stopped, and holds even where the activity had just come to its end."""
        activity = workflow.start_activity(
            what,
            request,
            start_to_close_timeout=self.longest,
            heartbeat_timeout=self.silence,
            retry_policy=ATTEMPTS,
            cancellation_type=workflow.ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
        )
        try:
            return await asyncio.shield(activity)
        except asyncio.CancelledError:
            activity.cancel()
            await asyncio.gather(activity, return_exceptions=True)
            raise


async def perform(request: Request) -> dict[str, Any]:
    """The whole of an action. However it ends, the folder of the work is removed."""
    instance = workflow.info().workflow_id
    doer = Doer(await workflow.execute_activity(do.limits, instance, start_to_close_timeout=SHORT, retry_policy=ATTEMPTS))
    try:
        return await _staged(doer, await doer(do.stage_in, request))
    finally:
        await asyncio.shield(
            asyncio.ensure_future(workflow.execute_activity(do.clean_up, instance, start_to_close_timeout=SHORT, retry_policy=ATTEMPTS))
        )


async def _staged(doer: Doer, staged: Staged) -> dict[str, Any]:
    if staged.document:
        return staged.document
    ran: Ran = await (_in_slabs(doer, staged) if staged.request.slabs > 1 else doer(do.run_step, staged))
    await doer(do.validate, ran)
    report: str = await doer(do.report, ran) if staged.request.report else ""
    document: dict[str, Any] = await doer(do.stage_out, ran)
    paths: list[str] = await doer(do.record, {"staged": staged.model_dump(), "document": document, "report": report})
    if doer.processes:
        told = {"upload_id": staged.request.upload_id, "raw": staged.raw, "paths": paths}
        later = f"{workflow.info().workflow_id}-process"
        await workflow.start_child_workflow(ProcessUpload.run, told, id=later, parent_close_policy=workflow.ParentClosePolicy.ABANDON)
    return document


async def _in_slabs(doer: Doer, staged: Staged) -> Ran:
    slabs = [asyncio.ensure_future(doer(do.run_slab, Slab(staged=staged, number=number))) for number in range(1, staged.request.slabs + 1)]
    try:
        parts = await asyncio.gather(*slabs)
    except BaseException:
        for slab in slabs:  # one slab failed for good, or all were cancelled: none goes on in vain
            slab.cancel()
        await asyncio.gather(*slabs, return_exceptions=True)
        raise
    merged: Ran = await doer(do.merge, Merge(staged=staged, parts=parts))
    return merged


@workflow.defn(name="ordapt_process", sandboxed=False)
class ProcessUpload:
    """Asks NOMAD to read the new files until it is not busy with the upload; outlives the action, whose result is there already."""

    @workflow.run
    async def run(self, told: dict[str, Any]) -> None:
        await workflow.execute_activity(do.process, told, start_to_close_timeout=SHORT, retry_policy=PATIENT)


def _make(work: str, model: type[ActionInput], request: Callable[[Any], Request]) -> type:
    """A workflow class of its own for each action, since NOMAD reads the form from the type of its argument.

    They are not run in Temporal's sandbox, which would import pydantic and this package again for each run.
    """

    async def run(self: Any, data: Any) -> dict[str, Any]:
        return await perform(request(data))

    name = f"Ordapt{''.join(word.title() for word in work.split('_'))}"
    run.__qualname__, run.__module__ = f"{name}.run", __name__
    run.__annotations__ = {"data": model, "return": dict[str, Any]}
    made = type(name, (), {"run": workflow.run(run), "__module__": __name__, "__doc__": f"The action of {work}."})
    return workflow.defn(name=f"ordapt_{work}", sandboxed=False, failure_exception_types=[Exception])(made)


def _of_sharded(data: Any) -> Request:
    return of_step(data.step, data)


WORKFLOWS: dict[str, type] = {name: _make(name, step_input(name), functools.partial(of_step, name)) for name in _catalogue.steps()}
WORKFLOWS["recipe"] = _make("recipe", RecipeInput, of_recipe)
WORKFLOWS["sharded"] = _make("sharded", ShardedInput, _of_sharded)


def action(options: OrdaptAction) -> Action:
    """What NOMAD registers for an entry point."""
    from nomad.actions import Action

    return Action(task_queue=options.task_queue, workflow=WORKFLOWS[options.work], activities=list(do.ALL), child_workflows=[ProcessUpload])
