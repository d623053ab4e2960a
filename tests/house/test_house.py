#!/usr/bin/env python3
"""What the house promises of its own sources: include order, banned calls, lengths, codes, names.

    test_house.py SOURCE            all checks on the sources
    test_house.py SOURCE --symbols LIBRARY...   exported symbols against symbols.txt
    test_house.py SOURCE --hardened PROGRAM...  what makes faults of memory hard to use

Standard library only; prints one line per check, ends with a line that test runners can count."""

import collections
import pathlib
import re
import subprocess
import sys

FILE_LIMIT, FUNCTION_LIMIT = 800, 80

# A folder may include itself and what stands behind it: arrows point down only, and run and io meet in job and cli alone.
BELOW = {
    "base": set(),
    "data": {"base"},
    "math": {"data", "base"},
    "nn": {"math", "data", "base"},
    "step": {"nn", "math", "data", "base"},
    "run": {"step", "nn", "math", "data", "base"},
    "io": {"data", "base"},
    "job": {"run", "io", "step", "nn", "math", "data", "base"},
    "cli": {"job", "run", "io", "step", "nn", "math", "data", "base"},
}
# Libraries that one file or folder alone may know: the doors.
DOORS = {
    "napi.h": {"core/io/bulk_napi.c"},
    "cblas.h": {"core/math/blas.c"},
    "hdf5.h": {"core/io/"},
    "libdeflate.h": {"core/io/"},
    "yaml.h": {"core/io/"},
    "openssl/": {"core/base/digest.c"},
}
# lgamma and strtok write to what all threads share.
NEVER = {"sprintf", "vsprintf", "strcat", "strncat", "strcpy", "strncpy", "atoi", "atol", "atof", "gets", "system", "popen", "rand", "srand", "lgamma", "strtok"}
ALLOCATION = {"malloc", "calloc", "realloc", "free", "strdup", "strndup", "aligned_alloc"}
ENDING = {"exit", "abort", "_exit", "quick_exit"}
# Rules have exceptions; each is written down here with its reason.
EXCEPTIONS = {
    ("core/cli/options.c", "ALLOCATION"): "argument lists exist before there is a context",
    ("core/run/build.c", "free"): "oa_string_free gives back what jansson made",
    ("core/io/layout_view.c", "free"): "gives back what jansson made",
    ("core/io/h5_check.c", "_exit"): "ends the child process that walks a stranger's file",
    ("core/cli/main.c", "_exit"): "in a signal handler nothing else is allowed",
    ("core/cli/report.c", "free"): "gives back what jansson made",
}
# Rows of codes.c that no source uses yet: the words are a promise to pipelines, what they say is still to be built.
RESERVED = {
    "E_OPS_SEQUENCE": "the format .ops",
    "E_H5_LAYOUT": "HDF5 files of other vendors",
}
# What only the library with files has.
FILE_FUNCTIONS = {"oa_read_ions", "oa_write_call", "oa_call_input_files", "oa_call_search", "oa_call_use_shipped", "oa_call_output"}
# A step bears the name people use for the method; the method's own file in math/ or nn/ may bear it too.
TWINS = {("core/math/sdm.c", "core/step/sdm.c"), ("core/nn/train.c", "core/step/train.c")}

root = pathlib.Path()
problems = []
checks = 0


def problem(text):
    problems.append(text)


def done(text):
    global checks
    checks += 1
    print(text)


def sources(*suffixes):
    for path in sorted((root / "core").rglob("*")):
        if path.suffix in suffixes:
            yield path.relative_to(root).as_posix(), path.read_text(encoding="utf-8")


def bare(text):
    """The text without comments, strings and characters, lines kept."""
    pattern = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)
    return pattern.sub(lambda m: re.sub(r"[^\n]", " ", m.group()), text)


def included(text):
    for number, line in enumerate(text.splitlines(), 1):
        match = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
        if match:
            yield number, match.group(1), match.group(2)


def check_includes():
    count = 0
    for name, text in sources(".c", ".h", ".def"):
        folder = name.split("/")[1]
        for number, mark, what in included(text):
            count += 1
            first = what.split("/")[0]
            if mark == '"' and "/" in what and first in BELOW and first != folder and first not in BELOW.get(folder, set()):
                problem(f"{name}:{number}: {folder} may not include {what}")
            if mark == '"' and "/" not in what and what not in ("ordapt.h", "commit.h") and not (root / name).with_name(what).exists():
                problem(f"{name}:{number}: {what} is neither public nor beside this file")
            for door, allowed in DOORS.items():
                if (what == door or (door.endswith("/") and what.startswith(door))) and not any(name.startswith(a) for a in allowed):
                    problem(f"{name}:{number}: only {', '.join(sorted(allowed))} may include {what}")
    done(f"{count} includes point down")


def is_excepted(name, call, group):
    return (name, call) in EXCEPTIONS or (name, group) in EXCEPTIONS


def check_calls():
    used = set()
    for name, text in sources(".c", ".h"):
        plain = bare(text)
        for match in re.finditer(r"(?<![\w.>])([A-Za-z_]\w*)\s*\(", plain):
            call = match.group(1)
            group = "NEVER" if call in NEVER else "ALLOCATION" if call in ALLOCATION else "ENDING" if call in ENDING else None
            if group is None or (group == "ALLOCATION" and name.startswith("core/base/")):
                continue
            used |= {(name, call), (name, group)}
            if not is_excepted(name, call, group):
                problem(f"{name}:{plain.count(chr(10), 0, match.start()) + 1}: {call}() is not for this place")
    for key in EXCEPTIONS:
        if key not in used:
            problem(f"the exception for {key[1]} in {key[0]} is not needed any more")
    done("no banned calls")


def check_draws():
    """C leaves the order of arguments, operands and initialisers to the compiler: two draws from one stream in one of them are two results by two compilers."""
    stream = r"(?:&(?:\w+(?:->|\.))*random|[(,] ?random)\b"
    for name, text in sources(".c", ".h"):
        for piece in re.split(r"[;{}?]|&&|\|\||, \w+ = ", bare(text)):
            if len(re.findall(stream, piece)) > 1 and not re.match(r"\s*(static |oa_)", piece):
                problem(f"{name}: two draws in one expression: {' '.join(piece.split())}")
    done("draws in an order")


def functions(text):
    """(name, first line, lines) of every function; the house puts its closing brace into the first column."""
    lines = bare(text).split("\n")
    start = None
    for number, line in enumerate(lines):
        if start is None and line.startswith("{") and number:
            head = number - 1
            while head and lines[head].startswith((" ", "\t")):
                head -= 1
            match = re.search(r"(\w+)\s*\(", lines[head])
            if match and not lines[head].startswith(("struct", "typedef", "enum", "union")) and "=" not in lines[head]:
                start, name = head, match.group(1)
        elif start is None and re.match(r"\w.*\)\s*\{.*\}\s*$", line) and "=" not in line.split("(")[0]:
            yield re.search(r"(\w+)\s*\(", line).group(1), number + 1, 1
        elif start is not None and line.startswith("}"):
            yield name, start + 1, number - start + 1
            start = None


def check_lengths():
    lengths, longest = [], 0
    for name, text in sources(".c", ".h"):
        n = text.count("\n")
        longest = max(longest, n)
        if n > FILE_LIMIT:
            problem(f"{name}: {n} lines; the limit is {FILE_LIMIT}")
        for function, line, length in functions(text):
            lengths.append(length)
            if length > FUNCTION_LIMIT:
                problem(f"{name}:{line}: {function} has {length} lines; the limit is {FUNCTION_LIMIT}")
    lengths.sort()
    done(f"{len(lengths)} functions: median {lengths[len(lengths) // 2]}, nine in ten up to {lengths[9 * len(lengths) // 10]}, "
         f"longest {lengths[-1]}; longest file {longest}")


def check_names():
    seen = collections.defaultdict(list)
    for name, _ in sources(".c", ".h"):
        seen[name.rsplit("/", 1)[1]].append(name)
    for names in seen.values():
        if len(names) > 1 and tuple(names) not in TWINS:
            problem("the same name twice: " + ", ".join(names))
    listed = set()
    for path in (root / "core").rglob("CMakeLists.txt"):
        folder = path.parent.relative_to(root).as_posix()
        listed |= {f"{folder}/{word}" for word in re.findall(r"[\w/]+\.c\b", path.read_text())}
    steps = (root / "core/step/steps.def").read_text()
    listed |= {f"core/step/{word}.c" for word in re.findall(r"^OA_STEP\((\w+)\)", steps, re.M)}
    for name, _ in sources(".c"):
        if name not in listed:
            problem(f"{name} is in no CMakeLists.txt")
    done(f"{len(seen)} file names are unique")


def check_codes():
    text = (root / "core/base/codes.c").read_text()
    rows = re.findall(r'\{ "([EW]_\w+)", OA_', text)
    used = set()
    for name, source in sources(".c", ".h", ".def"):
        if name == "core/base/codes.c":
            continue
        for word in re.findall(r'"([EW]_[A-Z0-9_]+)"', source):
            used.add(word)
            if word not in rows:
                problem(f"{name}: {word} has no row in codes.c")
    for word in sorted(set(rows) - used - set(RESERVED)):
        problem(f"codes.c: {word} is used nowhere")
    for word in RESERVED:
        if word in used or word not in rows:
            problem(f"{word} is no longer waiting for {RESERVED[word]}")
    if len(rows) != len(set(rows)):
        problem("codes.c: a word has two rows")
    done(f"{len(rows)} codes have a row and a use")


def check_paths():
    """No path of anybody's machine, in any file of the tree that git would carry."""
    try:
        names = subprocess.run(["git", "-C", str(root), "ls-files", "-co", "--exclude-standard"], capture_output=True, text=True, check=True).stdout.split("\n")
    except (OSError, subprocess.CalledProcessError):
        names = [p.relative_to(root).as_posix() for p in root.rglob("*") if "build" not in p.parts and ".git" not in p.parts]
    machine = re.compile(r"(?<![\w.$}~/-])/(?:home|root|Users|work|workspace|mnt|media|scratch)/\w+")
    count = 0
    for name in names:
        path = root / name
        if not name or not path.is_file():
            continue
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        count += 1
        for match in machine.finditer(text):
            problem(f"{name}:{text.count(chr(10), 0, match.start()) + 1}: {match.group()} is a path of one machine")
    done(f"{count} texts name no machine")


def public_functions():
    text = bare((root / "core/include/ordapt.h").read_text())
    return set(re.findall(r"OA_API[^;]*?\b(oa_\w+)\s*\(", text))


def check_header():
    """What the header promises is defined once, and nothing without OA_API is in it."""
    text = bare((root / "core/include/ordapt.h").read_text())
    for match in re.finditer(r"^(?!.*OA_API)(?!typedef)[\w ]+\*?(oa_\w+)\([^;]*;", text, re.M):
        problem(f"ordapt.h: {match.group(1)} is declared without OA_API")
    listed = set((root / "tests/house/symbols.txt").read_text().split())
    for name in sorted(public_functions() ^ listed):
        problem(f"{name} is in {'ordapt.h' if name in public_functions() else 'symbols.txt'} alone")
    done(f"{len(listed)} public functions, the ABI as committed")


def check_symbols(libraries):
    listed = set((root / "tests/house/symbols.txt").read_text().split())
    for library in libraries:
        out = subprocess.run(["nm", "-D", "--defined-only", library], capture_output=True, text=True, check=True).stdout
        found = {line.split()[-1].split("@")[0] for line in out.splitlines()} - {"_init", "_fini"}
        has_files = "nexus" in pathlib.Path(library).name
        want = listed if has_files else listed - FILE_FUNCTIONS
        for name in sorted(found - want):
            problem(f"{pathlib.Path(library).name} exports {name}, which is not in symbols.txt")
        for name in sorted(want - found):
            problem(f"{pathlib.Path(library).name} does not export {name}")
        done(f"{pathlib.Path(library).name} exports {len(found)} symbols, the committed ones")


def check_hardened(files):
    """What makes faults of memory hard to use, and nothing loaded from where the user happens to be."""
    for name in files:
        told = subprocess.run(["readelf", "-hldsW", name], capture_output=True, text=True, check=True).stdout
        paths = [path for found in re.findall(r"R(?:UN)?PATH.*\[(.*)\]", told) for path in found.split(":")]
        wanted = {"position-independent": re.search(r"Type: +DYN", told), "read-only tables of addresses": "GNU_RELRO" in told, "bound at the start": "BIND_NOW" in told,
                  "without an executable stack": re.search(r"GNU_STACK.*? RW +0x", told), "with a stack protector": "__stack_chk_fail" in told,
                  "with fortified calls": re.search(r"__(memcpy|snprintf|vsnprintf|fprintf|read|pread)_chk", told),
                  "free of relative library paths": all(path.startswith(("/", "$ORIGIN")) for path in paths)}
        for what, is_so in wanted.items():
            if not is_so:
                problem(f"{name} is not {what}")
        done(f"{pathlib.Path(name).name} is hardened: " + ", ".join(wanted))


def main(arguments):
    global root
    root = pathlib.Path(arguments[0]).resolve()
    if "--symbols" in arguments:
        check_symbols(arguments[arguments.index("--symbols") + 1:])
    elif "--hardened" in arguments:
        check_hardened(arguments[arguments.index("--hardened") + 1:])
    else:
        for check in (check_includes, check_calls, check_draws, check_lengths, check_names, check_codes, check_paths, check_header):
            check()
    for text in problems:
        print(text)
    print(f"[  FAILED  ] {len(problems)} test(s)." if problems else f"[  PASSED  ] {checks} test(s).")
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
