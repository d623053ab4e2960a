"""The definitions as we would hand them to the community: its schema, its names, its manual, and nothing lost on the way through YAML."""
import os
import re
import shutil
import subprocess
import sys

import pytest
from lxml import etree

from made import DEFINITIONS, environment

CONTRIBUTION = DEFINITIONS / "contribution" / "contributed_definitions"
NAMES = sorted(path.name.removesuffix(".nxdl.xml") for path in DEFINITIONS.glob("*.nxdl.xml"))
SPACE = {"n": "http://definition.nexusformat.org/nxdl/3.1"}
CONCEPTS = "//n:definition | //n:group | //n:field | //n:attribute | //n:symbols | //n:symbol"
NUMBERS = ("NX_FLOAT", "NX_INT", "NX_UINT", "NX_NUMBER")


@pytest.fixture(scope="module")
def nyaml():
    return str(environment("nyaml"))


def test_the_contribution_is_what_the_definitions_say(nyaml):
    """Made again from NXDL through YAML; contribute.py itself ends with an error where something is lost."""
    run = subprocess.run([nyaml, "-B", DEFINITIONS / "contribute.py", "--check"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr


def test_something_lost_is_noticed(nyaml, tmp_path):
    """The judge itself: a comparison that finds every definition alike is none."""
    source = DEFINITIONS / "NXapm_ordapt_crop_results.nxdl.xml"
    text = source.read_text(encoding="utf-8")
    for number, other in enumerate((text.replace('units="NX_LENGTH"', 'units="NX_ANY"', 1), text.replace('type="NX_INT"', 'type="NX_FLOAT"', 1), text.replace("Results of the", "Results off the", 1))):
        assert other != text
        (tmp_path / f"{number}.xml").write_text(other, encoding="utf-8")
        code = f"import sys, pathlib; sys.path.insert(0, {str(DEFINITIONS)!r}); from contribute import meaning_of as m; sys.exit(m({str(source)!r}) == m({str(tmp_path / f'{number}.xml')!r}))"
        assert subprocess.run([nyaml, "-B", "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("name", NAMES)
def test_it_keeps_to_the_schema_and_the_names(stock, name):
    tree = etree.parse(str(CONTRIBUTION / f"{name}.nxdl.xml"))
    etree.XMLSchema(etree.parse(str(stock / "nxdl.xsd"))).assertValid(tree)
    for concept in tree.xpath(CONCEPTS, namespaces=SPACE):
        label = concept.get("name") or concept.get("type")
        doc = concept.find("n:doc", SPACE)
        assert doc is not None and len(doc.text.split()) >= 1, f"{label}: no documentation"
        if concept.tag.endswith("}symbols") or concept.tag.endswith("}definition"):
            continue
        assert doc.text.strip().endswith((".", "!", "?")), f"{label}: {doc.text.strip()!r} is no sentence"
        assert concept.tag.endswith("}symbol") or not concept.get("name") or re.fullmatch(r"[a-z][a-z0-9_]*(ID)?|[A-Z]+", concept.get("name")), label
        if concept.tag.endswith("}field") and concept.get("type") in NUMBERS:
            assert concept.get("units"), f"{label}: a number without units"
    symbols = set(tree.xpath("//n:symbol/@name", namespaces=SPACE))
    assert {value for value in tree.xpath("//n:dim/@value", namespaces=SPACE) if not value.isdigit()} <= symbols


def test_the_manual_of_the_community_gets_pages(stock, tmp_path):
    """Its own generator (4 of 18: it is slow), in a tree that holds the contribution; it resolves what is inherited and the links between concepts."""
    tree = tmp_path / "definitions"
    shutil.copytree(stock, tree, ignore=shutil.ignore_patterns("__pycache__", "manual", "impatient-guide", "galleries"))
    shutil.copytree(CONTRIBUTION, tree / "contributed_definitions", dirs_exist_ok=True)
    code = ("import sys, types; from pathlib import Path; sys.modules['requests'] = types.ModuleType('requests')\n"  # it would ask GitHub who wrote them
            "from dev_tools.docs import NXClassDocGenerator\n"
            "for name in sys.argv[1:]:\n"
            "    text = '\\n'.join(NXClassDocGenerator()(Path('contributed_definitions').resolve() / f'{name}.nxdl.xml'))\n"
            "    assert name in text and len(text) > 2000, name\n")
    run = subprocess.run([sys.executable, "-B", "-c", code, *NAMES[::5]], env={**os.environ, "PYTHONPATH": str(tree)}, cwd=tree, stdout=subprocess.PIPE,
                         stderr=subprocess.PIPE, text=True, check=False)
    assert run.returncode == 0, run.stderr[-3000:]
