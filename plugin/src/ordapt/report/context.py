"""What the parts of a page share: the open file, what it says, what lies behind it, and how much the page may carry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from .chain import Chain, Step
from .figure import Budget
from .ions import IonsFile, find_ions
from .markup import esc
from .model import Record, Result, Task
from .reading import Source


@dataclass
class Context:
    source: Source
    result: Result
    search: Sequence[Path]
    budget: Budget
    volumes: int = 1
    chain: Chain = field(init=False)

    def __post_init__(self) -> None:
        self.chain = Chain(self.source.path.resolve().parent, self.search)

    def ions(self, record: Record) -> IonsFile | None:
        return find_ions(self.source, self.result, record, self.search)

    def step(self, record: Record) -> Step:
        return Step(self.source.path, self.result, record)

    def classified_task(self, record: Record, task: Task) -> tuple[Record, Task] | None:
        """The task of a `classify` that a task rests on, itself counted."""
        behind = self.chain.classified(self.step(record))
        if behind is None or not behind.record.tasks:
            return None
        place = record.tasks.index(task)
        if len(behind.record.tasks) != len(record.tasks):
            return None
        return behind.record, behind.record.tasks[place]

    def subject(self, record: Record, task: Task) -> str:
        """What a task is about: class and species, as far as the file or the one it was made from says so. HTML."""
        found = self.classified_task(record, task)
        words = found[1] if found is not None else task
        name, species = words.word("class_name"), words.word("species") or task.word("species")
        return f"{esc(name)} ({esc(species)})" if name and species else esc(name or species)

    def heading(self, record: Record, task: Task) -> str:
        """Tells the tasks of a record apart; empty where there is one."""
        return (self.subject(record, task) or esc(task.name)) if len(record.tasks) > 1 else ""
