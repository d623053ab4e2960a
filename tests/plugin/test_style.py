"""Checkers see what `import ordapt` has: the functions of all steps, their parameters and the words these may be."""
import os
import re
import subprocess


from made import SOURCE, cache, environment

CODE = """
import ordapt

ions = ordapt.Ions.read("a.nxs")
reveal_type(ordapt.sdm(ions, pairs=["Ni-Ni"], radius=0.75, roi=(0, 1, 0, 1, 0, 1)))
reveal_type(ordapt.range(ions).ions)
ordapt.sdm(ions, radius="wide")
ordapt.sdm(3)
ordapt.density_map(ions, axes="xw")
ordapt.nothing(ions)
ordapt.upload.send("a").entries[0].id
ordapt.program.run(["steps"])
"""


def test_type_checkers_see_the_steps(tmp_path):
    (tmp_path / "use.py").write_text(CODE, encoding="utf-8")
    run = subprocess.run([environment("report"), "-m", "mypy", "--strict", "--cache-dir", str(cache() / "mypy-use"), "use.py"], cwd=tmp_path,
                         env={**os.environ, "MYPYPATH": str(SOURCE / "plugin" / "src")}, stdout=subprocess.PIPE, text=True, check=False)
    lines = re.findall(r"use\.py:(\d+): (?:error|note): (.*)", run.stdout)
    assert [int(number) for number, _ in lines] == [5, 6, 7, 8, 9, 10], run.stdout
    said = [text for _, text in lines]
    assert "ordapt.result.Result" in said[0] and "ordapt.ions.Ions | None" in said[1]
    assert '"float | None"' in said[2] and "Ions | Result" in said[3] and "Literal['xy'" in said[4] and "nothing" in said[5]
