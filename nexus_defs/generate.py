#!/usr/bin/env python3
"""Writes the NeXus definition of every step's results from the catalogue `ordapt describe --json`.

    nexus_defs/generate.py [--program build/release/bin/ordapt | --catalogue FILE.json] [--output FOLDER] [--check]

--check writes nothing: it lists the definitions that differ from the tables and ends with 1 where there are some.
Only the standard library is needed.
"""
import argparse
import json
import pathlib
import re
import subprocess
import sys
import textwrap
from xml.sax.saxutils import escape, quoteattr

HERE = pathlib.Path(__file__).resolve().parent
NAMESPACE = "http://definition.nexusformat.org/nxdl/3.1"
HEAD = f"""<?xml version="1.0" encoding="UTF-8"?>
<!-- Generated from the tables of the step by generate.py; change the tables. -->
<definition xmlns="{NAMESPACE}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" category="application" type="group" \
name="{{name}}" extends="NXapm_ordapt_tool_results" xsi:schemaLocation="{NAMESPACE} ../nxdl.xsd">"""

# A name that ends so asks validators for a field of the name without the ending.
RESERVED = ("_set", "_errors", "_mask", "_indices", "_weights", "_end", "_offset", "_scaling_factor", "_increment_set")


def sentence(text):
    """The tables speak in phrases; documentation begins with a capital and ends with a full stop. A first word that is a name stays as it is."""
    first = re.match(r"[a-z]+(?=[ ,;:.)]|$)", text)
    text = text[0].upper() + text[1:] if first else text
    return text if text.endswith((".", "!", "?")) else text + "."


class Xml:
    """Lines of XML with their indentation."""

    def __init__(self, text):
        self.lines, self.open = [text], []

    def add(self, tag, **attributes):
        self.lines.append("    " * (len(self.open) + 1) + f"<{tag}{self._attributes(attributes)}/>")

    def begin(self, tag, **attributes):
        self.lines.append("    " * (len(self.open) + 1) + f"<{tag}{self._attributes(attributes)}>")
        self.open.append(tag)

    def end(self):
        tag = self.open.pop()
        self.lines.append("    " * (len(self.open) + 1) + f"</{tag}>")

    def doc(self, text):
        if not text:
            return
        self.begin("doc")
        indent = "    " * (len(self.open) + 1)
        for number, paragraph in enumerate(text.split("\n\n")):
            self.lines += [""] * (number > 0)
            self.lines += textwrap.wrap(escape(sentence(paragraph)), 120, initial_indent=indent, subsequent_indent=indent, break_long_words=False)
        self.end()

    @staticmethod
    def _attributes(attributes):
        return "".join(f" {key}={quoteattr(str(value))}" for key, value in attributes.items() if value is not None)


def nx_type(name):
    if name.startswith("uint"):
        return "NX_UINT"
    if name.startswith("int"):
        return "NX_INT"
    if name.startswith("float"):
        return "NX_FLOAT"
    return {"bool": "NX_BOOLEAN", "text": "NX_CHAR"}[name]


def units_of(row, kind):
    """NX_UNITLESS forbids an attribute units, so text and truth values have none at all."""
    return None if kind in ("NX_CHAR", "NX_BOOLEAN") else row.get("nx_units", "NX_UNITLESS")


def symbols_of(shape):
    """"(voxel, pair, 3)" gives ["voxel", "pair", "3"]; a shape in words gives None."""
    match = re.fullmatch(r"\(([A-Za-z0-9_, ]*)\)", shape or "")
    if not match:
        return None
    return [word.strip() for word in match.group(1).split(",") if word.strip()]


def check_name(step, name, beside=()):
    reserved = [ending for ending in RESERVED if name.endswith(ending) and name[: -len(ending)] not in beside]
    if not re.fullmatch(r"[a-z][a-z0-9_]*\*?|\*", name) or reserved:
        sys.exit(f"{step}: '{name}' cannot be the name of a NeXus field: lower case, and none of the endings {', '.join(RESERVED)} "
                 "unless the field of the name before the ending stands beside it")


def add_dimensions(xml, group, row):
    symbols = symbols_of(row.get("shape"))
    if not symbols:
        return
    xml.begin("dimensions", rank=len(symbols))
    for index, symbol in enumerate(symbols, 1):
        xml.add("dim", index=index, value=symbol if symbol.isdigit() else f"n_{group}_{symbol}")
    xml.end()


def add_enumeration(xml, words):
    if words:
        xml.begin("enumeration")
        for word in words:
            xml.add("item", value=word)
        xml.end()


def add_output(xml, group, row):
    name = row["name"].split("/", 1)[1]
    is_family = name.endswith("*")
    kind = nx_type(row["type"])
    xml.begin("field", name=name[:-1] + "ID" if is_family else name, type=kind, units=units_of(row, kind),
              nameType="partial" if is_family else None, minOccurs=0 if is_family else None,
              maxOccurs="unbounded" if is_family else None, optional="true" if row["optional"] and not is_family else None)
    xml.doc(row["description"])
    add_dimensions(xml, group, row)
    if row.get("shape"):
        xml.begin("attribute", name="long_name", type="NX_CHAR", optional="true")
        xml.doc("Label for people; of a list of classes, pairs or ion types also which number is which: class: 0 FCC, 1 CSRO.")
        xml.end()
    xml.end()


def add_axes(xml, signal):
    axes = signal["axes"].split(",")
    xml.begin("attribute", name="signal", type="NX_CHAR", optional="true")
    xml.doc("Left out where there is nothing to draw: no rows, or more than viewers can show as one line.")
    add_enumeration(xml, [signal["name"].split("/", 1)[1]])
    xml.end()
    xml.begin("attribute", name="axes", type="NX_CHAR")
    xml.doc("The axes are: " + ", ".join(axes) + "." + (" A dot stands for a dimension without values." if "." in axes else ""))
    xml.end()


def group_doc(group, rows, names, signals):
    """What a group is for, in a sentence."""
    if group == "summary":
        return "The numbers of the result, under the names they have in the JSON summary of the program."
    if names == ["*"]:
        return rows[0]["description"]
    if not signals:
        return "Belongs together: " + ", ".join(names) + "."
    text = f"{names[rows.index(signals[0])]}: {signals[0]['description']}."
    return text + (" Made out of the other results for viewers, and in no digest." if signals[0].get("view") else "")


def add_group(xml, step, group, rows):
    names = [row["name"].split("/", 1)[1] for row in rows]
    signals = [row for row in rows if row.get("axes")]
    check_name(step, group)
    for name in names:
        check_name(step, name, names)
    xml.begin("group", name=group, type="NXdata" if signals else "NXparameters",
              optional="true" if all(row["optional"] for row in rows) else None)
    xml.doc(group_doc(group, rows, names, signals))
    if signals:
        add_axes(xml, signals[0])
    for row, name in zip(rows, names):
        if name != "*":  # a group with words of its own
            add_output(xml, group, row)
    xml.end()


def add_model(xml, is_optional):
    optional = "true" if is_optional else None
    xml.begin("group", name="definition", type="NXparameters", optional=optional)
    xml.doc("What the model is and which input it was made for: architecture, layers, class names, parameters of the map, "
            "and model_sha256, the digest over weights and definition.")
    xml.begin("field", name="model_sha256", type="NX_CHAR")
    xml.doc("SHA-256 over the weights (little-endian float32, in the order of the layers) and this definition.")
    xml.end()
    xml.end()
    xml.begin("group", name="weights", type="NXparameters", optional=optional)
    xml.doc("Kernels and biases by member of the ensemble and layer, float32, row major.")
    xml.end()


PROCESS = (
    ("program", "NX_CHAR", "The program that made the results: ordapt."),
    ("version", "NX_CHAR", "Its release and commit, 0.1.0+g0123456789ab."),
    ("date", "NX_DATE_TIME", "When processing ended."),
    ("sequence_index", "NX_POSINT", "Place of the step among those whose results are in this file, from 1."),
)


def add_results(xml, step):
    groups = {}
    for row in step["outputs"]:
        if "/" in row["name"]:
            groups.setdefault(row["name"].split("/", 1)[0], []).append(row)
    nouns = {row["name"]: row for row in step["outputs"] if "/" not in row["name"]}
    xml.begin("group", name=step["name"] + "ID", type="NXprocess", nameType="partial", minOccurs=0, maxOccurs="unbounded")
    xml.doc("The results; more than one where the step was run for several species, in the order they were given; none where a recipe forgot them.")
    for name, kind, text in PROCESS:
        xml.begin("field", name=name, type=kind)
        xml.doc(text)
        xml.end()
    for group, rows in groups.items():
        add_group(xml, step["name"], group, rows)
    if "model" in nouns and "definition" not in groups:
        add_model(xml, nouns["model"]["optional"])
    if "ions" in nouns:
        xml.begin("group", name="mass_spectrum", type="NXdata", optional="true")
        xml.doc("The mass spectrum of the ions, which stand where NXapm has them, in atom_probe1 of the NXentry: a hard link.")
        xml.end()
    xml.end()


def add_config(xml, step):
    origins = ["default", "preset", "set"]
    xml.begin("group", name="config", type="NXparameters")
    xml.doc("Every parameter of the step as it was used, under the name it has on the command line. A list that was left out has no field, only its origin.")
    for name, row in step["parameters"]["properties"].items():
        check_name(step["name"], name)
        kind = {"number": "NX_FLOAT", "integer": "NX_INT", "boolean": "NX_BOOLEAN", "string": "NX_CHAR", "array": "NX_FLOAT"}[row["type"]]
        xml.begin("field", name=name, type=kind, units=units_of(row, kind), optional="true" if row["type"] == "array" else None)
        words = row.get("enum") or []
        free = "" in words  # none of them may be chosen, which an enumeration cannot say
        xml.doc(row["description"] + ("; one of: " + ", ".join(filter(None, words)) if free else ""))
        add_enumeration(xml, None if free else words)
        xml.end()
    xml.begin("group", name="origin", type="NXparameters")
    xml.doc("For each parameter where its value came from: the default of the program, a preset, or the person who ran the step.")
    for name in step["parameters"]["properties"]:
        xml.begin("field", name=name, type="NX_CHAR")
        xml.doc(f"Where {name} came from.")
        add_enumeration(xml, origins)
        xml.end()
    xml.end()
    xml.end()


def add_symbols(xml, step):
    words = sorted({(row["name"].split("/", 1)[0], word) for row in step["outputs"] for word in symbols_of(row.get("shape")) or []
                    if not word.isdigit()})
    if not words:
        return
    xml.begin("symbols")
    xml.doc("Lengths of the arrays.")
    for group, word in words:
        xml.begin("symbol", name=f"n_{group}_{word}")
        xml.doc(f"Length along {word} in {group}.")
        xml.end()
    xml.end()


def definition_of(step):
    name = f"NXapm_ordapt_{step['name']}_results"
    xml = Xml(HEAD.format(name=name))
    add_symbols(xml, step)
    xml.doc(f"Results of the step {step['name']}, version {step['version']}: {step['title']}.\n\n{step['description']}")
    xml.begin("group", type="NXentry", minOccurs=1, maxOccurs=1)
    xml.doc("Stored as NXsubentry below an NXentry that follows NXapm. What is common to all steps, the inputs and their digests among it, is in NXapm_ordapt_tool_results.")
    xml.begin("field", name="definition", type="NX_CHAR")
    xml.doc("Which definition this is.")
    add_enumeration(xml, [name])
    xml.end()
    add_config(xml, step)
    add_results(xml, step)
    xml.end()
    return name + ".nxdl.xml", "\n".join(xml.lines) + "\n</definition>\n"


def catalogue_of(arguments):
    if arguments.catalogue:
        return json.loads(pathlib.Path(arguments.catalogue).read_text(encoding="utf-8"))
    return json.loads(subprocess.run([arguments.program, "describe", "--json"], check=True, stdout=subprocess.PIPE).stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default=str(HERE.parent / "build" / "release" / "bin" / "ordapt"))
    parser.add_argument("--catalogue")
    parser.add_argument("--output", default=str(HERE))
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    folder = pathlib.Path(arguments.output)
    wanted = dict(definition_of(step) for step in catalogue_of(arguments)["steps"])
    wrong = [name for name, text in wanted.items()
             if not (folder / name).exists() or (folder / name).read_text(encoding="utf-8") != text]
    stale = [path for path in folder.glob("NXapm_ordapt_*_results.nxdl.xml")
             if path.name not in wanted and path.name != "NXapm_ordapt_tool_results.nxdl.xml"]
    if arguments.check:
        for name in wrong + [path.name for path in stale]:
            print(f"{name} is not what the tables say; run nexus_defs/generate.py")
        return 1 if wrong or stale else 0
    for name in wrong:
        (folder / name).write_text(wanted[name], encoding="utf-8")
    for path in stale:
        path.unlink()
    print(f"{len(wanted)} definitions, {len(wrong)} written, {len(stale)} removed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
