"""What lies behind and beside a result: the files that its records name, and theirs, read once each; and results that explain it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from .errors import ReportError
from .ions import find_file
from .model import Input, Record, Result
from .reading import Source, has_step, read_result

MAX_FILES = 40  # read for one page
MAX_BESIDE = 200  # looked at for an explanation


@dataclass(frozen=True)
class Step:
    """A record, and the file that holds it."""

    path: Path
    result: Result
    record: Record


@dataclass
class Chain:
    folder: Path
    search: Sequence[Path]
    _seen: dict[str, Path | None] = field(default_factory=dict)
    _results: dict[Path, Result | None] = field(default_factory=dict)

    def read(self, path: Path) -> Result | None:
        """None for files that are no result of ordapt."""
        if path not in self._results and len(self._results) < MAX_FILES + MAX_BESIDE:
            try:
                with Source(path) as source:
                    self._results[path] = read_result(source)
            except ReportError:
                self._results[path] = None
        return self._results.get(path)

    def path_of(self, given: Input) -> Path | None:
        """The file of an input, if it is found and its bytes or its recorded content agree."""
        key = given.checksum or given.content
        if key and key not in self._seen and len(self._seen) < MAX_FILES:
            found = find_file(given, self.folder, self.search)
            self._seen[key] = found[0] if found is not None else None
        return self._seen.get(key)

    def behind(self, step: Step, given: Input | None) -> Step | None:
        """The record that made an input: of the same file, or of the one that the input names."""
        if given is None:
            return None
        inner = step.result.inner(given)
        if inner is not None:
            return Step(step.path, step.result, inner)
        path = self.path_of(given) if not given.is_inside else None
        result = self.read(path) if path is not None else None
        if path is None or result is None:
            return None
        record = result.record(given.subentry) or result.record(result.default) or result.records[-1]
        return Step(path, result, record)

    def classified(self, step: Step) -> Step | None:
        """The `classify` that a record rests on, itself counted."""
        current: Step | None = step
        for _ in range(MAX_FILES):
            if current is None or current.record.step in ("classify", "segment"):
                return current
            current = self.behind(current, current.record.input("ions"))
        return None

    def beside(self, step: str) -> Iterator[tuple[Path, Result]]:
        """Results with that step in the folder of this one, and where else one was told to search."""
        count = 0
        for folder in dict.fromkeys((self.folder, *self.search)):
            for path in sorted(folder.glob("*.nxs")) if folder.is_dir() else ():
                count += 1
                result = self.read(path) if count <= MAX_BESIDE and _holds(path, step) else None
                if result is not None:
                    yield path, result

    def explanation(self, digests: set[str]) -> Step | None:
        """An `attribute` of the patterns of a result with one of these digests; the newest of several."""
        found = [
            Step(path, result, record)
            for path, result in self.beside("attribute")
            for record in result.records
            if record.step == "attribute" and _content_of(result, record.input("patterns")) in digests
        ]
        return max(found, key=lambda step: (step.record.start_time, step.path.name), default=None)


def _holds(path: Path, step: str) -> bool:
    try:
        with Source(path) as source:
            return has_step(source, step)
    except ReportError:
        return False


def _content_of(result: Result, given: Input | None) -> str:
    """Digest of the record that an input is."""
    inner = result.inner(given)
    return inner.digest if inner is not None else given.content if given is not None else ""
