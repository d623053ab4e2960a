#!/usr/bin/env python3
"""mutate.py [--count N] [--seed S] [--again LOG] [FILE...] - are the tests able to fail? One small fault at a time is put into the sources, and the tests that
know the code must notice.

    python3 tests/mutation/mutate.py --count 100                    of all of core/math, core/step and core/run
    python3 tests/mutation/mutate.py --count 30 core/math/chance.c  of these files
    python3 tests/mutation/mutate.py --again mutants.log            the survivors that an earlier call printed, after tests were added

Works on a copy in build/mutants. A mutant is killed by a test that fails, crashes or takes ten times as long; one that does not compile or gives the same object code is
not counted. First come the nearest twelve tests that know the file; what survives them is tried by the nearest six, built with the address and undefined-behaviour
sanitizers, as the test command runs them too: a loop that goes one too far is seen there alone. All are printed with their line; a survivor is either a missing test or
a change that says the same in other words. Ends with the share that was killed.

Tests of a file are those that mention what it defines, then those of the files that use it, and of those that use these. Standard library only."""
import argparse
import collections
import hashlib
import json
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
PLACE = ROOT / "build/mutants"
PARTS = ("core", "tests", "cmake", "examples", "nexus_defs", "CMakeLists.txt", "CMakePresets.json", "LICENSE", "README.md")
Mutant = collections.namedtuple("Mutant", "path line before after")

CHANGES = [(r"(?<![<>=!+\-*/&|-])<(?![<=])", "<="), (r"<=", "<"), (r"(?<![>\-=<])>(?![>=])", ">="), (r">=", ">"), (r"==", "!="), (r"!=", "=="), (r"&&", "||"), (r"\|\|", "&&"),
           (r"(?<=\w|\)|\]) \+ (?=[\w(])", " - "), (r"(?<=\w|\)|\]) - (?=[\w(])", " + "), (r"(?<=\w|\)|\]) \* (?=[\w(])", " / "), (r"(?<=\w|\)|\]) / (?=[\w(])", " * "),
           (r"\+=", "-="), (r"-=", "+="), (r"(?<![\w.])0(?![\w.])", "1"), (r"(?<![\w.])1(?![\w.])", "0"), (r"(?<![\w.])2(?![\w.])", "3"), (r"\bbreak;", "continue;"),
           (r"\bcontinue;", "break;"), (r"\bif \((?!!)", "if (!"), (r"\btrue\b", "false"), (r"\bfalse\b", "true"), (r"\bfmax\(", "fmin("), (r"\bfmin\(", "fmax(")]
"""Pattern and what stands there instead; `if (` becomes `if (!`, which negates what comes first."""


def code_lines(text):
    """Numbers of the lines in which a fault would be one: inside functions, without comments, texts, tables and what only speaks."""
    lines, inside, in_comment = text.split("\n"), False, False
    for number, line in enumerate(lines):
        bare = re.sub(r'"(\\.|[^"\\])*"', '""', line)
        if in_comment or bare.lstrip().startswith("/*"):
            in_comment = "*/" not in bare
            continue
        if line == "{":
            inside = True
        elif line == "}":
            inside = False
        elif inside and '"' not in line and not re.search(r"oa_fail|oa_warn|oa_phase|\benum\b|^\s*(static )?const \w+ \w+\[", line):
            yield number


def mutants_of(path):
    text = path.read_text()
    lines = text.split("\n")
    for number in code_lines(text):
        bare = re.sub(r"/\*.*?\*/|//.*", lambda match: " " * len(match[0]), lines[number])
        for pattern, instead in CHANGES:
            for match in re.finditer(pattern, bare):
                yield Mutant(path, number, lines[number], lines[number][:match.start()] + instead + lines[number][match.end():])


# ---- tests that know a file ----

def defined(text):
    """Functions of other files' concern, and the step."""
    return set(re.findall(r"^(?!static|typedef)\w[\w *]*?\b([a-z]\w+)\([^;]*$", text, re.M)) | set(re.findall(r"^const oa_step (oa_step_\w+)", text, re.M))


class Knowledge:
    def __init__(self, tree, tests):
        self.sources = {path: path.read_text() for path in sorted(tree.glob("core/**/*.c"))}
        self.words = {path: set(re.findall(r"\b[a-z]\w+", text)) for path, text in self.sources.items()}
        self.tests = {name: self.words_of(path.read_text()) | self.included(path) for name, path in tests.items()}

    @staticmethod
    def words_of(text):
        """Names, and the steps that are asked for by a text."""
        steps = re.findall(r'oa_step_find\("(\w+)"\)', text) + [name for row in re.findall(r"^X\(.*", text, re.M) for name in re.findall(r"X\((\w+)\)", row)]
        return set(re.findall(r"\boa_\w+", text)) | {"oa_step_" + name for name in steps}

    @staticmethod
    def included(path):
        """Words of the helpers beside a test."""
        words = set()
        for name in re.findall(r'#include "((?:core|golden|physics)/[\w/]+\.h)"', path.read_text()):
            helper = path.parents[len(path.parents) - 1 - path.parts.index("tests")] / name
            words |= set(re.findall(r"\boa_\w+", helper.read_text())) if helper.exists() else set()
        return words - {"oa_ions", "oa_context", "oa_arena_take", "oa_new", "oa_free"}

    def of(self, path, depth=5):
        """Names of tests, the nearest first. The list of all steps is no use of a step."""
        files, known = {path}, []
        for _ in range(depth):
            names = set().union(*(defined(self.sources[file]) for file in files))
            known += sorted(name for name, words in self.tests.items() if words & names and name not in known)
            files = {file for file, words in self.words.items() if words & names and file.name != "steps.c"}
        return known


# ---- building and trying ----

def run(*args, timeout=None, **more):
    try:
        return subprocess.run(args, capture_output=True, text=True, check=False, timeout=timeout, **more)
    except subprocess.TimeoutExpired:
        return None


def configure(tree, name, *more):
    """A folder to build in, and its tests by name."""
    build = PLACE / name
    done = run("cmake", "-G", "Ninja", "-S", tree, "-B", build, "-DCMAKE_BUILD_TYPE=Release", "-DORDAPT_TESTS=ON", "-DORDAPT_WERROR=OFF", *more)
    if done.returncode:
        sys.exit(done.stderr)
    return build, [test["name"] for test in json.loads(run("ctest", "--test-dir", build, "--show-only=json-v1").stdout)["tests"]]


def prepare():
    """The copy; what is built fast and what is built with sanitizers; sources of the tests by name."""
    tree = PLACE / "tree"
    wanted = {path.relative_to(ROOT): path for part in PARTS for path in [ROOT / part, *(ROOT / part).rglob("*")] if path.is_file() and path.suffix != ".pyc"}
    for path in [path for path in tree.rglob("*") if path.is_file() and path.relative_to(tree) not in wanted]:
        path.unlink()
    for name, path in wanted.items():  # the time of a copy is that of copying: what was built from a fault of an earlier call is older
        copy = tree / name
        if not copy.exists() or copy.read_bytes() != path.read_bytes():
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)
            shutil.copymode(path, copy)
    os.environ.setdefault("ORDAPT_REFERENCE", str(ROOT.parent / "shared/reference"))
    fast, names = configure(tree, "build", "-DCMAKE_C_FLAGS_RELEASE=-O2 -w")
    careful, _ = configure(tree, "sanitized", "-DCMAKE_C_FLAGS_RELEASE=-O1 -g1 -w -fno-sanitize-recover=all", "-DORDAPT_SANITIZE=address,undefined")
    sources = {path.stem: path for folder in ("core", "physics", "golden", "torture") for path in tree.glob(f"tests/{folder}/**/test_*.c")}
    return tree, Bench(fast, 12), Bench(careful, 6), {name: sources[name] for name in names if name in sources}


class Bench:
    """A folder to build in, and how many tests are asked there."""

    def __init__(self, build, most):
        self.build, self.most, self.times = build, most, {}

    def make(self, tests):
        return run("cmake", "--build", self.build, "--target", *tests)

    def objects(self, path):
        """Digest of what the file compiles to."""
        found = list(self.build.glob(f"core/CMakeFiles/*/{path.parent.name}/{path.name}.o")) + list(self.build.glob(f"core/**/{path.name}.o"))
        return hashlib.sha256(b"".join(file.read_bytes() for file in sorted(set(found)))).hexdigest()

    def ready(self, tests):
        """The tests, built without a fault and by their seconds; those that fail or are too slow to be asked often are left out."""
        tests = tests[:self.most]
        if not tests or self.make(tests).returncode:
            return []
        for name in tests:
            if name in self.times:
                continue
            started = time.monotonic()
            done = run(self.build / "tests" / name, cwd=self.build, timeout=40)
            self.times[name] = time.monotonic() - started if done is not None and done.returncode == 0 else None
        return sorted((name for name in tests if self.times[name] is not None), key=lambda name: self.times[name])

    def notices(self, tests):
        for name in tests:
            done = run(self.build / "tests" / name, cwd=self.build, timeout=10 * self.times[name] + 5)
            if done is None or done.returncode:
                return name
        return None


def put(mutant):
    """The fault into its file; what stood there."""
    original = mutant.path.read_text()
    lines = original.split("\n")
    lines[mutant.line] = mutant.after
    mutant.path.write_text("\n".join(lines))
    return original


def try_mutant(bench, mutant, known):
    """'killed by' a test, 'survived', 'not counted' or 'without a test'."""
    known = bench.ready(known)
    if not known:
        return "without a test"
    before = bench.objects(mutant.path)
    original = put(mutant)
    try:
        if bench.make(known).returncode or bench.objects(mutant.path) == before:
            return "not counted"
        by = bench.notices(known)
        return f"killed by {by}" if by else "survived"
    finally:
        mutant.path.write_text(original)


def survivors_of(log, tree):
    """What an earlier call printed as having survived; a line is looked for where it has moved to."""
    found = []
    for name, at, before, after in re.findall(r"^survived \d+: (\S+):(\d+)\n    - (.*)\n    \+ (.*)$", log.read_text(), re.M):
        path = tree / name
        lines = path.read_text().split("\n")
        places = [number for number, line in enumerate(lines) if line.strip() == before]
        if not places:
            print(f"{name}:{at} is no longer there")
            continue
        number = min(places, key=lambda place: abs(place + 1 - int(at)))
        indent = lines[number][:len(lines[number]) - len(lines[number].lstrip())]
        found.append(Mutant(path, number, lines[number], indent + after))
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=100, help="mutants that are counted")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--again", type=pathlib.Path, metavar="LOG", help="the survivors in this output of an earlier call instead")
    parser.add_argument("files", nargs="*", default=["core/math", "core/step", "core/run"])
    args = parser.parse_args()
    tree, fast, careful, tests = prepare()
    knowledge = Knowledge(tree, tests)
    files = [path for name in args.files for path in ([tree / name] if name.endswith(".c") else sorted((tree / name).glob("*.c")))]
    candidates = survivors_of(args.again, tree) if args.again else [mutant for path in files for mutant in mutants_of(path)]
    if not args.again:
        random.Random(args.seed).shuffle(candidates)
    told, started = collections.Counter(), time.monotonic()
    for number, mutant in enumerate(candidates):
        if told["killed"] + told["survived"] >= args.count:
            break
        known = knowledge.of(mutant.path)
        what = try_mutant(fast, mutant, known)
        if what == "survived":
            what = try_mutant(careful, mutant, known)
            told["killed by sanitized tests alone"] += what.startswith("killed")
            what = what if what.startswith("killed") else "survived"
        told[what.split(" by")[0]] += 1
        if what in ("survived", "without a test") or what.startswith("killed"):
            print(f"{what} {number}: {mutant.path.relative_to(tree)}:{mutant.line + 1}\n    - {mutant.before.strip()}\n    + {mutant.after.strip()}", flush=True)
    counted = told["killed"] + told["survived"]
    print(f"{len(candidates)} places, {counted} mutants counted, {told['killed']} killed ({100 * told['killed'] / max(counted, 1):.0f} %, "
          f"{told['killed by sanitized tests alone']} of them by sanitized tests alone), {told['survived']} survived, {told['not counted']} not counted, "
          f"{told['without a test']} without a test, {time.monotonic() - started:.0f} s, seed {args.seed}")
    return 0 if counted and told["killed"] >= 0.8 * counted and not told["without a test"] else 1


if __name__ == "__main__":
    sys.exit(main())
