#!/usr/bin/env python3
"""Makes the files of a pull request to the community's definitions (github.com/FAIRmat-NFDI/nexus_definitions) from ours, by nyaml.

    "$(sh tests/plugin/environment.sh tests/plugin/requirements-nyaml.txt)" nexus_defs/contribute.py [--output FOLDER] [--check]

FOLDER (nexus_defs/contribution) gets contributed_definitions/NAME.nxdl.xml and contributed_definitions/nyaml/NAME.yaml. The NXDL is made out of the YAML, as the
community's own tools do, and must say what ours says. --check writes nothing: it lists the files that differ and ends with 1 where there are some.
"""
import argparse
import pathlib
import re
import subprocess
import sys
import tempfile
from xml.etree import ElementTree

HERE = pathlib.Path(__file__).resolve().parent
SPACE = "{http://definition.nexusformat.org/nxdl/3.1}"
SCHEMA = "{http://www.w3.org/2001/XMLSchema-instance}schemaLocation"


def nyaml(folder, source, target, *options):
    program = pathlib.Path(sys.executable).with_name("nyaml2nxdl")
    done = subprocess.run([program, *options, "--output-file", target, source], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode or not (folder / target).exists():
        sys.exit(f"nyaml2nxdl {source}: {done.stdout[-1000:]}")


def without_note(text):
    """Where a definition comes from is said in our tree and has no place in theirs."""
    return re.sub(r"<!-- (?:Generated from the tables|What every result).*?-->\n", "", text, flags=re.S)


def quoted(yaml):
    """nyaml writes the directions 001 and 011 bare, which YAML reads as the numbers 1 and 9."""
    return re.sub(r"(\\enumeration: )(\[.*?)(\])", lambda match: match[1] + re.sub(r"(?<=[\[ \n])\d\w*(?=[,\]]|$)", r"'\g<0>'", match[2]) + match[3], yaml, flags=re.S)


def meaning(element):
    """An element as nested lists: what it says, without comments, layout and the order of attributes."""
    attributes = {key: value for key, value in element.attrib.items() if key != SCHEMA}
    text = " ".join((element.text or "").split())
    children = [meaning(child) for child in element if isinstance(child.tag, str)]
    order = [SPACE + "symbols", SPACE + "doc"]
    children.sort(key=lambda child: order.index(child[0]) if child[0] in order else len(order))
    return [element.tag, sorted(attributes.items()), text, children]


def meaning_of(path):
    return meaning(ElementTree.parse(path).getroot())


def made(definition):
    """{path below the contribution: text} of one definition."""
    name = definition.name.removesuffix(".nxdl.xml")
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / definition.name).write_text(without_note(definition.read_text(encoding="utf-8")), encoding="utf-8")
        nyaml(folder, definition.name, name + ".yaml", "--do-not-store-nxdl")
        (folder / (name + ".yaml")).write_text(quoted((folder / (name + ".yaml")).read_text(encoding="utf-8")), encoding="utf-8")
        (folder / "back").mkdir()
        nyaml(folder, name + ".yaml", f"back/{definition.name}")
        if meaning_of(folder / "back" / definition.name) != meaning_of(definition):
            sys.exit(f"{definition.name}: lost something on its way through YAML")
        yaml, xml = (folder / (name + ".yaml")).read_text(encoding="utf-8"), (folder / "back" / definition.name).read_text(encoding="utf-8")
    lines = [re.sub(r"Copyright \(C\) \d+-\d+", "Copyright (C) 2026", line).rstrip() for line in xml.splitlines()]
    return {f"contributed_definitions/nyaml/{name}.yaml": "\n".join(line.rstrip() for line in yaml.splitlines()) + "\n",
            f"contributed_definitions/{definition.name}": "\n".join(lines) + "\n"}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", default=str(HERE / "contribution"))
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    folder = pathlib.Path(arguments.output)
    wanted = {}
    for definition in sorted(HERE.glob("*.nxdl.xml")):
        wanted.update(made(definition))
    there = {str(path.relative_to(folder)) for path in folder.glob("contributed_definitions/**/*") if path.is_file()}
    wrong = [name for name, text in wanted.items() if name not in there or (folder / name).read_text(encoding="utf-8") != text]
    stale = sorted(there - set(wanted))
    if arguments.check:
        for name in wrong + stale:
            print(f"{name} is not what the definitions say; run nexus_defs/contribute.py")
        return 1 if wrong or stale else 0
    for name in wrong:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(wanted[name], encoding="utf-8")
    for name in stale:
        (folder / name).unlink()
    print(f"{len(wanted)} files, {len(wrong)} written, {len(stale)} removed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
