#!/usr/bin/env python3
"""coverage.py COVERAGE.json - what gcovr's --json knows of core/: lines and branches that tests take, by folder and kind, and every place that none does.

A branch is of the first kind that fits the statement it stands in:
    failing call    OA_TRY and what looks at a status: goes there only where a call inside failed, for want of memory or a fault of the disk more often than not
    library         a call of HDF5, the NeXus API, jansson, libyaml, libdeflate or the system that said no
    condition       everything else: a case that no test has
Standard library only."""
import collections
import json
import pathlib
import re
import sys

FAILING = re.compile(r"\bOA_TRY\b|\bOA_OK\b|\bstatus\b|\bresult\b|is_broken|oa_check_cancelled|oa_context__unpardoned")
LIBRARY = re.compile(r"\bH5[A-Z]\w*\(|\bNX\w+|\bjson_\w+\(|\byaml_\w+\(|\blibdeflate_\w+\(|errno|< 0\b|>= 0\b|"
                     r"\b(open|close|read|write|fsync|fstat|stat|lstat|pread|rename|fork|pipe|poll|waitpid)\(")
KINDS = ("failing call", "library", "condition")


def statements(path):
    """Line number -> text of the statement that it is part of."""
    texts, first, gathered = {}, 1, ""
    for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), 1):
        bare = re.sub(r"/\*.*?\*/|//.*", "", line)
        gathered += bare
        if re.search(r"[;{}:]\s*$", bare) or not bare.strip():
            texts.update(dict.fromkeys(range(first, number + 1), gathered))
            first, gathered = number + 1, ""
    return texts


def kind_of(text):
    return KINDS[0] if FAILING.search(text) else KINDS[1] if LIBRARY.search(text) else KINDS[2]


class Told:
    """Of one file."""

    def __init__(self, told):
        self.name, self.lines, self.passed, self.branches = told["file"], 0, 0, 0
        self.missed_lines, self.missed, self.of_kind = [], collections.Counter(), collections.Counter()
        self.places = collections.defaultdict(list)  # by kind
        texts = statements(pathlib.Path(self.name))
        for line in told["lines"]:
            number = line["line_number"]
            if line.get("gcovr/noncode"):
                continue
            self.lines += 1
            self.passed += line["count"] > 0
            if line["count"] == 0:
                self.missed_lines.append(number)
            kind = kind_of(texts.get(number, ""))
            missed = sum(branch["count"] == 0 for branch in line["branches"])
            self.branches += len(line["branches"])
            self.of_kind[kind] += len(line["branches"])
            self.missed[kind] += missed
            self.places[kind] += [number] * (missed > 0)


def runs(numbers):
    """[1, 2, 3, 7] as 1-3 7"""
    out = []
    for number in numbers:
        if out and number == out[-1][1] + 1:
            out[-1][1] = number
        else:
            out.append([number, number])
    return " ".join(f"{a}" if a == b else f"{a}-{b}" for a, b in out)


def share(part, whole):
    return f"{part} of {whole}, {100 * part / max(whole, 1):.1f} %"


def main():
    told = [Told(file) for file in json.loads(pathlib.Path(sys.argv[1]).read_text(encoding="utf-8"))["files"]]
    print("not passed, by file: lines; places of conditions with a side that no test takes")
    for file in sorted(told, key=lambda file: -len(file.missed_lines)):
        if file.missed_lines or file.places["condition"]:
            print(f"{file.name}: {100 * file.passed / file.lines:.0f} % of {file.lines}\n    lines {runs(file.missed_lines)}\n    conditions {runs(file.places['condition'])}")
    lines, passed, branches = (sum(getattr(file, what) for file in told) for what in ("lines", "passed", "branches"))
    missed = sum((file.missed for file in told), collections.Counter())
    print("\nfolder        lines               branches            branches not taken: " + ", ".join(KINDS))
    folders = collections.defaultdict(list)
    for file in told:
        folders[str(pathlib.PurePath(file.name).parent)].append(file)
    for name, files in sorted(folders.items()):
        n, good, all_branches = (sum(getattr(file, what) for file in files) for what in ("lines", "passed", "branches"))
        by_kind = [sum(file.missed[kind] for file in files) for kind in KINDS]
        print(f"{name:18s} {100 * good / n:5.1f} % of {n:5d}   {100 * (1 - sum(by_kind) / max(all_branches, 1)):5.1f} % of {all_branches:5d}   {by_kind}")
    of_kind = sum((file.of_kind for file in told), collections.Counter())
    print(f"\nlines passed: {share(passed, lines)}")
    print(f"branches taken: {share(branches - missed.total(), branches)}")
    for kind in KINDS:
        print(f"    {kind}: {share(of_kind[kind] - missed[kind], of_kind[kind])}")


if __name__ == "__main__":
    main()
