"""Galaxy's own parser, linter and template engine on tools: galaxy_tools.py lint XML... | command FOLDER XML...

`lint` does what `planemo lint` does and prints a JSON line for each tool: its messages by level. `command` prints, for each test of the
tools, the shell command that Galaxy would run on files of FOLDER.
"""
import json
import pathlib
import sys

from Cheetah.Template import Template
from galaxy.tool_util.lint import LintContext, LintLevel, lint_tool_source_with
from galaxy.tool_util.parser.factory import get_tool_source


def lint(path):
    context = LintContext(level=LintLevel.ALL)
    lint_tool_source_with(context, get_tool_source(path))
    return {"tool": path, "errors": [str(message) for message in context.error_messages], "warnings": [str(message) for message in context.warn_messages],
            "checks": len(context.message_list)}


class Dataset:
    """A file as templates see it: its text is its path, and it has the name that people see."""

    def __init__(self, path):
        self.path, self.element_identifier = path, path.name

    def __str__(self):
        return str(self.path)


class Section:
    pass


def value_of(param, given, folder):
    if param.get("type") != "data":
        return given if given is not None else None if param.get("type") != "select" or param.get("optional") == "true" else param.find("option").get("value")
    files = [Dataset(folder / name) for name in (given or "").split(",") if name]
    return files if param.get("multiple") == "true" else files[0] if files else None


def name_of(element):
    return element.get("name") or element.get("argument").lstrip("-").replace("-", "_")


def fill(space, inputs, test, folder):
    given = {param.get("name"): param.get("value") for param in test.findall("param")}
    unknown = set(given) - {name_of(param) for param in inputs.findall("param")}
    assert not unknown, f"the test names {unknown}, which the form has not"
    for param in inputs.findall("param"):
        space[name_of(param)] = value_of(param, given.get(name_of(param)), folder)
    for section in inputs.findall("section"):
        inner, nested = {}, test.find(f"section[@name='{section.get('name')}']")
        fill(inner, section, nested if nested is not None else Section.empty, folder)
        space[section.get("name")] = Section()
        vars(space[section.get("name")]).update(inner)


def commands(path, folder):
    from lxml import etree

    Section.empty = etree.Element("section")
    root = get_tool_source(path).xml_tree.getroot()
    for test in root.findall("tests/test"):
        space = {name: name for name in (data.get("name") for data in root.findall("outputs/data"))}
        fill(space, root.find("inputs"), test, folder)
        text = str(Template(source=root.find("command").text, searchList=[space]))
        yield " ".join(line.strip() for line in text.splitlines() if line.strip())


if __name__ == "__main__":
    if sys.argv[1] == "lint":
        for path in sys.argv[2:]:
            print(json.dumps(lint(path)))
    else:
        for path in sys.argv[3:]:
            for command in commands(path, pathlib.Path(sys.argv[2])):
                print(json.dumps({"tool": path, "command": command}))
