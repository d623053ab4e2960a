"""A Galaxy tool for every step, and the macros they share."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from . import descriptors as told
from .descriptors import FOLDER, NOTE, is_many, is_needed, option, parameters, preset_table, presets_that_set, words

RESERVED = {"class": "class_"}  # no name that Python could have
FORMATS = {"ions": "h5", "selection": "h5", "model": "h5", "result": "h5", "ranges": "txt,h5", "metadata": "txt,json,yaml", "sources": "data"}
TABLE = "^[-+0-9.eE]+(,[-+0-9.eE]+)*$"
# What the tests of the tools give, beside defaults; the files are made by galaxy/test-data.sh. Steps that are not listed take tip.nxs.
TESTS: dict[str, dict[str, Any]] = {
    "import": {"files": "tip.pos,tip.rrng"},
    "export": {"ions": "tip.nxs", "suffix": "pos"},
    "crop": {"ions": "tip.nxs", "roi": "-2,2,-2,2,-4,-1"},
    "synthesise": {"box": "-2,2,-2,2,-4,0", "domains": "0"},
    "score": {"selection": "classify.nxs", "truth": "tip.nxs", "behind": "tip.nxs"},
    "bank": {"sigma_lateral": "0.2,0.4", "efficiency": "0.4"},
    "train": {"patterns": "bank.nxs", "epochs": "1", "folds": "1", "filters": "4", "dense": "8"},
    "evaluate": {"model": "net.nxs", "patterns": "bank.nxs", "behind": "bank.nxs"},
    "attribute": {"model": "net.nxs", "patterns": "bank.nxs", "behind": "bank.nxs"},
    "sdm": {"ions": "tip.nxs", "pairs": "Ni-Ni", "roi": "-1,1,-1,1,-3,-1"},
    "classify": {"ions": "tip.nxs", "model": "net.nxs", "species": "Ni", "roi": "-1,1,-1,1,-3,-1", "threshold": "0.1"},
    "segment": {"ions": "cubes.nxs", "model": "neighbours.nxs"},
    "frequency": {"ions": "tip.nxs", "species": "Ni"},
    "neighbours": {"ions": "tip.nxs", "pairs": "Ni-Ni", "k": "3"},
    "warren_cowley": {"ions": "tip.nxs", "pairs": "Ni-Ni", "k": "7"},
    "diffuse": {"ions": "tip.nxs", "species": "Ni", "grid_points": "5,5,1"},
    "monte_carlo": {"energies": "Ni-Al:-0.03", "cells": "4"},
    "superlattice": {"ions": "tip.nxs", "species": "Ni", "radii": "0.8,1.2"},
    "domains": {"ions": "classify.nxs", "behind": "tip.nxs,net.nxs"},
}
MACROS = """<macros>
    <!-- @NOTE@ -->
    <token name="@TOOL_VERSION@">@VERSION@</token>
    <xml name="requirements">
        <requirements>
            <requirement type="package" version="@TOOL_VERSION@">ordapt</requirement>
        </requirements>
    </xml>
    <xml name="stdio">
        <stdio>
            <exit_code range="2" level="fatal" description="Wrong call"/>
            <exit_code range="64" level="fatal" description="A parameter was refused"/>
            <exit_code range="65" level="fatal" description="An input is invalid"/>
            <exit_code range="66" level="fatal" description="An input is missing: give it under Files behind the inputs"/>
            <exit_code range="69" level="fatal_oom" description="This machine lacks something, for example memory"/>
            <exit_code range="70" level="fatal" description="A mistake of the program: please report it"/>
            <exit_code range="73" level="fatal" description="The output cannot be written"/>
            <exit_code range="74:75" level="fatal" description="Temporary: run it again"/>
            <exit_code range="137" level="fatal_oom" description="Killed, perhaps for its memory"/>
            <exit_code range="1:" level="fatal" description="Failed"/>
            <exit_code range=":-1" level="fatal" description="Failed"/>
        </stdio>
    </xml>
    <xml name="citations">
        <citations>
            <citation type="doi">10.1002/adma.202407564</citation>
            <citation type="doi">10.1038/s41467-023-43314-y</citation>
            <citation type="doi">10.1038/s41524-020-00472-7</citation>
        </citations>
    </xml>
    <xml name="behind">
        <param name="behind" type="data" format="h5" multiple="true" optional="true" label="Files behind the inputs"
               help="What the records of the inputs name: the ions behind a result, and those behind them"/>
    </xml>
    <token name="@LINK@"><![CDATA[
#import re
#def linked($slot, $dataset, $suffix)
#set $base = re.sub('[^\\w.-]+', '_', str($dataset.element_identifier)).strip('.-')
#if $suffix and not $base.endswith($suffix)
#set $base = $base + $suffix
#end if
#return 'inputs/' + $slot + '/' + $base
#end def
    ]]></token>
</macros>
"""


def name_of(parameter: str) -> str:
    return RESERVED.get(parameter, parameter)


def label(name: str, parameter: dict[str, Any]) -> str:
    unit = parameter.get("unit", "")
    return name.replace("_", " ").capitalize() + (f" [{unit}]" if unit else "")


def help_of(parameter: dict[str, Any], is_preset: bool) -> str:
    value = told.default(parameter)
    facts = [told.how_many(parameter), told.bounds(parameter), f"default {value}" if value else "", "or that of the preset" if is_preset else ""]
    known = "; ".join(fact for fact in facts if fact)
    return f"{parameter['description']} ({known})" if known else str(parameter["description"])


def param(step: dict[str, Any], name: str) -> list[str]:
    """One element of the form; left empty, the program's default or the preset holds."""
    parameter = parameters(step)[name]
    start = f'<param argument="{option(name)}"' if name_of(name) == name else f'<param name="{name_of(name)}" argument="{option(name)}"'
    texts = f"label={quoteattr(label(name, parameter))} help={quoteattr(help_of(parameter, presets_that_set(step, name)))}"
    choices = words(parameter) or (["true", "false"] if parameter["type"] == "boolean" else [])
    if choices:
        rows = [f'    <option value="{word}">{escape(word)}</option>' for word in choices]
        return [f'{start} type="select" optional="true" {texts}>', *rows, "</param>"]
    if parameter["type"] in ("integer", "number"):
        low, high = told.limits(parameter)
        kind = "integer" if parameter["type"] == "integer" else "float"
        return [f'{start} type="{kind}" optional="true" min="{told.number(low)}" max="{told.number(high)}" {texts}/>']
    if parameter["type"] == "array":
        rule = f'    <validator type="regex" message="Numbers with commas between them">{TABLE}</validator>'
        return [f'{start} type="text" optional="true" {texts}>', rule, "</param>"]
    return [f'{start} type="text" optional="true" {texts}/>']


def data(step: dict[str, Any], slot: dict[str, Any]) -> str:
    facts = 'multiple="true" ' if is_many(slot) else ""
    facts += "" if is_needed(step, slot) else 'optional="true" '
    text = slot["description"] + ("; left out: the one that ships for the preset" if slot["takes"] == "model" and not is_needed(step, slot) else "")
    title = slot["name"].capitalize()
    return f'<param name="{slot["name"]}" type="data" format="{FORMATS[slot["takes"]]}" {facts}label={quoteattr(title)} help={quoteattr(text)}/>'


def grouped(step: dict[str, Any]) -> tuple[list[str], list[str]]:
    """Parameters a person sets, and those that a preset fills (the preset itself is one a person sets)."""
    names = list(parameters(step))
    filled = [name for name in names if presets_that_set(step, name)]
    return ([name for name in names if name not in filled], filled) if len(filled) < len(names) else (names, [])


def inputs(step: dict[str, Any]) -> list[str]:
    plain, filled = grouped(step)
    made = [data(step, slot) for slot in step["slots"]]
    if step["gives_file"]:
        rows = [f'    <option value="{suffix}">.{suffix}</option>' for suffix in ("pos", "csv", "xyz", "vtkhdf")]
        made += ['<param name="suffix" type="select" label="Format" help="Which program the file is for">', *rows, "</param>"]
    made += [line for name in plain for line in param(step, name)]
    if filled:
        made += [
            '<section name="filled" title="What a preset fills" expanded="false">',
            *("    " + line for name in filled for line in param(step, name)),
            "</section>",
        ]
    return made + (['<expand macro="behind"/>'] if step["slots"] else [])


def linked(slot: dict[str, Any], variable: str) -> str:
    """The word by which a dataset goes: a link of its own name in the folder of its slot, since records name files."""
    suffix = ".nxs" if FORMATS[slot["takes"]] == "h5" else ""
    return f"'$linked('{slot['name']}', {variable}, '{suffix}')'"


def each(slot: dict[str, Any], is_asked: bool, line: str) -> Iterator[str]:
    """A line for a dataset, for each of several, or for one that may be left out; `@` is where the dataset stands."""
    if is_many(slot):
        yield from (f"#for $one in ${slot['name']}", line.replace("@", "$one"), "#end for")
    else:
        lines = [line.replace("@", f"${slot['name']}")]
        yield from lines if is_asked else (f"#if ${slot['name']}", *lines, "#end if")


def links(step: dict[str, Any]) -> Iterator[str]:
    if not step["slots"]:
        return
    yield f"mkdir -p {' '.join('inputs/' + slot['name'] for slot in step['slots'])} inputs/behind &&"
    for slot in step["slots"]:
        yield from each(slot, is_needed(step, slot), f"ln -s '@' {linked(slot, '@')} &&")
    behind = {"name": "behind", "takes": "result"}
    yield from ("#if $behind", "#for $one in $behind", f"ln -s '$one' {linked(behind, '$one')} &&", "#end for", "#end if")


def words_of_slots(step: dict[str, Any]) -> Iterator[str]:
    for slot in step["slots"]:
        is_alone = is_many(slot) or (slot is step["slots"][0] and is_needed(step, slot))
        yield from each(slot, is_needed(step, slot), ("" if is_alone else f"--{slot['name']} ") + linked(slot, "@"))
    if step["slots"]:
        yield "--search inputs"


def command(step: dict[str, Any]) -> list[str]:
    plain, filled = grouped(step)
    result = "result.$suffix" if step["gives_file"] else "result.nxs"
    made = ["@LINK@", *links(step), f"ordapt {step['name']}", *words_of_slots(step)]
    for path, names in (("", plain), ("filled.", filled)):
        for name in names:
            made += [f"#if str(${path}{name_of(name)}) not in ('', 'None')", f"{option(name)} '${path}{name_of(name)}'", "#end if"]
    made += ['--threads "\\${GALAXY_SLOTS:-1}" --progress none --json', f"-o {result} > '$document'"]
    if step["gives_file"]:
        made += [
            "&& mv result.$suffix '$result'",
            "#if $suffix == 'pos'",
            "&& mv result.rrng '$ranges'",
            "#end if",
            "&& mv result.${suffix}.nxs '$record'",
        ]
    return made


def outputs(step: dict[str, Any]) -> list[str]:
    on = "${tool.name} on ${on_string}"
    document = f'<data name="document" format="json" label="{on}: document"/>'
    if not step["gives_file"]:
        return [f'<data name="result" format="h5" from_work_dir="result.nxs" label="{on}"/>', document]
    return [
        f'<data name="result" format="data" label="{on}"><change_format><when input="suffix" value="csv" format="csv"/>'
        '<when input="suffix" value="xyz" format="xyz"/><when input="suffix" value="vtkhdf" format="h5"/></change_format></data>',
        f'<data name="ranges" format="txt" label="{on}: ranges"><filter>suffix == "pos"</filter></data>',
        f'<data name="record" format="h5" label="{on}: record"/>',
        document,
    ]


def tests(step: dict[str, Any]) -> list[str]:
    given = TESTS.get(step["name"], {step["slots"][0]["name"]: "tip.nxs"} if step["slots"] else {})
    filled = set(grouped(step)[1])
    count = 4 if step["gives_file"] else 2
    made = [f'    <param name="{name_of(name)}" value="{value}"/>' for name, value in given.items() if name not in filled]
    nested = [f'        <param name="{name_of(name)}" value="{value}"/>' for name, value in given.items() if name in filled]
    made += ['    <section name="filled">', *nested, "    </section>"] if nested else []
    said = json.dumps({"status": "success"})[1:-1]
    made += ['    <output name="document"><assert_contents>', f"        <has_text text={quoteattr(said)}/>", "    </assert_contents></output>"]
    return [f'<test expect_num_outputs="{count}">', *made, "</test>"]


def help_text(step: dict[str, Any]) -> list[str]:
    made = [f"**{step['title']}**", "", step["description"].replace("*", "\\*").replace("|", "\\|"), ""]
    presets = list(preset_table(step))
    if presets:
        made += ["Presets:", "", *(f"- ``{name}``: {text}" for name, text in presets), ""]
    return [*made, "The result is a NeXus file (NXapm) that holds the record of how it was made; ``ordapt verify`` and ``ordapt replay`` prove it."]


def indented(lines: list[str], depth: int) -> list[str]:
    return [" " * 4 * depth + line for line in lines]


def tool(step: dict[str, Any]) -> str:
    title = step["title"][0].lower() + step["title"][1:]
    lines = [
        f'<tool id="ordapt_{step["name"]}" name="ordapt {step["name"]}" version="@TOOL_VERSION@+galaxy0" profile="24.2">',
        f"    <!-- {NOTE.replace('--', '- -')} -->",
        f"    <description>{escape(title)}</description>",
        "    <macros>",
        "        <import>macros.xml</import>",
        "    </macros>",
        '    <expand macro="requirements"/>',
        '    <expand macro="stdio"/>',
        "    <version_command>ordapt --version | head -n 1</version_command>",
        "    <command><![CDATA[",
        *command(step),
        "    ]]></command>",
        "    <inputs>",
        *indented(inputs(step), 2),
        "    </inputs>",
        "    <outputs>",
        *indented(outputs(step), 2),
        "    </outputs>",
        "    <tests>",
        *indented(tests(step), 2),
        "    </tests>",
        "    <help><![CDATA[",
        *help_text(step),
        "    ]]></help>",
        '    <expand macro="citations"/>',
        "</tool>",
    ]
    return "\n".join(lines) + "\n"


def files(catalogue: dict[str, Any]) -> dict[str, str]:
    folder = f"{FOLDER}/galaxy"
    made = {f"{folder}/ordapt_{step['name']}.xml": tool(step) for step in catalogue["steps"]}
    return made | {f"{folder}/macros.xml": MACROS.replace("@NOTE@", NOTE.replace("--", "- -")).replace("@VERSION@", catalogue["version"])}
