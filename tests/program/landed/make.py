"""make.py ARCHIVE.tar.xz - one small file of every step by the program under test, kept so that later versions can be held to reading them.

    ORDAPT_PROGRAM=build/release/bin/ordapt python3 tests/program/landed/make.py tests/program/landed/VERSION.tar.xz

An archive is made once, when a version lands, and never again; test_landed.py reads all of them."""
import pathlib
import sys
import tarfile
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import conftest  # noqa: E402
import tool  # noqa: E402

RECIPE = """control = shuffle tip seed=1
found = classify tip model=net species=Ni threshold=0.5
null = classify control model=net species=Ni threshold=0.5
domains = domains found control=null
"""


class Small(conftest.House):
    """The specimens of the tests, cut to what an archive can hold."""

    def make_crop(self):
        return self.step("crop", "crop", self.ions, "--roi", "-1.8,1.8,-1.8,1.8,-3.8,-0.2")

    def make_sdm(self):
        return self.step("sdm", "sdm", self.range, "--pairs", "Ni-Ni", "--roi", "-1,1,-1,1,-2,-1")

    def make_chain(self):
        recipe = self.folder / "chain.recipe"
        recipe.write_text(RECIPE, encoding="ascii")
        return self.step("chain", "run", recipe, f"tip={self.tip}", f"net={self.net}")


LARGE = {"blocks", "atomnet", "segment"}
"""Random weights do not pack."""


def fill(folder):
    house = Small(folder)
    for name in sorted({attribute[5:] for attribute in dir(house) if attribute.startswith("make_")} - LARGE):
        getattr(house, name)


def main():
    conftest.TIP = ("--preset", "cocrni-d", "--box", "-2,2,-2,2,-4,0", "--domains", "1", "--seed", "3")
    with tempfile.TemporaryDirectory() as name, tarfile.open(sys.argv[1], "x:xz") as archive:
        fill(pathlib.Path(name))
        for path in sorted(pathlib.Path(name).iterdir()):
            info = archive.gettarinfo(path, path.name)
            info.uid = info.gid = info.mtime = 0
            info.uname = info.gname = ""
            with path.open("rb") as data:
                archive.addfile(info, data)


if __name__ == "__main__":
    main()
