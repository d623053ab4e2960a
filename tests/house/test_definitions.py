"""The definitions in nexus_defs are what the tables say, and are good XML. Standard library only: python3 -m unittest."""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree as xml

SOURCE = pathlib.Path(__file__).resolve().parents[2]
DEFINITIONS = SOURCE / "nexus_defs"
PROGRAM = os.environ.get("ORDAPT_PROGRAM", str(SOURCE / "build" / "release" / "bin" / "ordapt"))


def schema():
    """nxdl.xsd of the NeXus definitions: named by ORDAPT_NXDL, or in the environment that the checks with pynxtools made."""
    named = os.environ.get("ORDAPT_NXDL")
    if named:
        return pathlib.Path(named)
    home = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    cache = pathlib.Path(os.environ.get("ORDAPT_CACHE") or os.path.join(home, "ordapt"))
    found = sorted(cache.glob("venv-*/lib/python3*/site-packages/pynxtools/definitions/nxdl.xsd"))
    return found[0] if found else None


class Definitions(unittest.TestCase):
    def test_they_are_what_the_tables_say(self):
        run = subprocess.run([sys.executable, str(DEFINITIONS / "generate.py"), "--program", PROGRAM, "--check"],
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        self.assertEqual(run.returncode, 0, run.stdout)

    def test_a_changed_or_stale_definition_is_noticed(self):
        with tempfile.TemporaryDirectory() as folder:
            for path in DEFINITIONS.glob("*.nxdl.xml"):
                shutil.copy(path, folder)
            command = [sys.executable, str(DEFINITIONS / "generate.py"), "--program", PROGRAM, "--output", folder, "--check"]
            stale = pathlib.Path(folder) / "NXapm_ordapt_nothing_results.nxdl.xml"
            stale.write_text("x", encoding="utf-8")
            self.assertEqual(subprocess.run(command, stdout=subprocess.DEVNULL, check=False).returncode, 1)
            stale.unlink()
            changed = pathlib.Path(folder) / "NXapm_ordapt_crop_results.nxdl.xml"
            changed.write_text(changed.read_text(encoding="utf-8") + " ", encoding="utf-8")
            self.assertEqual(subprocess.run(command, stdout=subprocess.DEVNULL, check=False).returncode, 1)

    def test_names_and_files_agree(self):
        for path in DEFINITIONS.glob("*.nxdl.xml"):
            root = xml.parse(path).getroot()
            self.assertEqual(root.attrib["name"] + ".nxdl.xml", path.name)
            self.assertIn(root.attrib["extends"], ("NXobject", "NXapm_ordapt_tool_results"))

    def test_they_follow_the_schema(self):
        xsd, xmllint = schema(), shutil.which("xmllint")
        if not xsd or not xmllint:
            self.skipTest("needs xmllint (Debian: libxml2-utils) and nxdl.xsd (ORDAPT_NXDL, or tests/plugin/environment.sh)")
        for path in sorted(DEFINITIONS.glob("*.nxdl.xml")):
            run = subprocess.run([xmllint, "--noout", "--nonet", "--schema", str(xsd), str(path)], stdout=subprocess.PIPE,
                                 stderr=subprocess.STDOUT, text=True, check=False)
            self.assertEqual(run.returncode, 0, run.stdout)


if __name__ == "__main__":
    unittest.main()
