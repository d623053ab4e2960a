"""A worker with the workflows and activities of ordapt alone, as quick to start as many as a test wants: `python3 worker.py ADDRESS QUEUE`.

NOMAD's own worker registers the same functions beside those of other plugins.
"""
from __future__ import annotations

import asyncio
import sys
from concurrent.futures import ThreadPoolExecutor

from conftest import client
from nomad.actions.client import get_client
from ordapt.nomad import activities, workflows
from temporalio.worker import Worker


async def work(queue: str, slots: int) -> None:
    connection = await get_client()
    with ThreadPoolExecutor(slots + 2) as threads:
        await Worker(connection, task_queue=queue, workflows=[*workflows.WORKFLOWS.values(), workflows.ProcessUpload], activities=activities.ALL, activity_executor=threads,
                     max_concurrent_activities=slots).run()


if __name__ == "__main__":
    client()
    asyncio.run(work(sys.argv[1], int(sys.argv[2])))
