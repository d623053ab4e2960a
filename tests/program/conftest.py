"""Specimens and results that many tests read; made once, never changed."""
import functools
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import tool  # noqa: E402

TIP = ("--preset", "cocrni-d", "--box", "-5,5,-5,5,-10,0", "--domains", "6", "--seed", "3")


class House:
    """A folder of finished files by name, each made when first asked for."""

    def __init__(self, folder):
        self.folder = folder

    def __getattr__(self, name):
        path = getattr(type(self), "make_" + name)(self)
        setattr(self, name, path)
        return path

    def step(self, name, *args):
        path = self.folder / f"{name}.nxs"
        tool.ok(*args, "-o", path)
        return path

    def make_tip(self):
        return self.step("tip", "synthesise", *TIP)

    def make_nets(self):
        return [tool.write_network(self.folder / f"net_{i}.h5", seed=i) for i in range(2)]

    def make_net(self):
        return self.step("net", "import", *self.nets)

    def make_pos(self):
        """The vendor files pos and pos.with_suffix('.rrng')."""
        path = self.folder / "ship.pos"
        tool.ok("export", self.tip, "-o", path)
        (self.folder / "ship.pos.nxs").unlink()
        return path

    def make_ions(self):
        return self.step("ions", "import", self.pos, self.pos.with_suffix(".rrng"))

    def make_crop(self):
        return self.step("crop", "crop", self.ions, "--roi", "-4,4,-4,4,-9,-1")

    def make_range(self):
        return self.step("range", "range", self.crop)

    def make_composition(self):
        return self.step("composition", "composition", self.range)

    def make_spectrum(self):
        return self.step("spectrum", "spectrum", self.range, "--bin-width", "0.05")

    def make_shuffle(self):
        return self.step("shuffle", "shuffle", self.range, "--seed", "7")

    def make_sdm(self):
        return self.step("sdm", "sdm", self.range, "--pairs", "Ni-Ni,Co-Cr", "--roi", "-2,2,-2,2,-6,-2")

    def make_classify(self):
        return self.step("classify", "classify", self.range, "--model", self.net, "--species", "Ni", "--threshold", "0.5")

    def make_blocks(self):
        return [tool.write_checkpoint(self.folder / f"block{b}.h5", block=b) for b in (1, 2)]

    def make_atomnet(self):
        return self.step("atomnet", "import", *self.blocks)

    def make_segment(self):
        return self.step("segment", "segment", self.range, "--model", self.atomnet)

    def make_null(self):
        return self.step("null", "classify", self.shuffle, "--model", self.net, "--species", "Ni", "--threshold", "0.5")

    def make_domains(self):
        return self.step("domains", "domains", self.classify, "--control", self.null)

    def make_score(self):
        found = self.step("found", "classify", self.tip, "--model", self.net, "--species", "Ni", "--threshold", "0.5")
        return self.step("score", "score", found, "--truth", self.tip)

    def make_superlattice(self):
        return self.step("superlattice", "superlattice", self.range, "--species", "Ni", "--period", "0.36", "--radii", "0.8,1.2")

    def make_density_map(self):
        return self.step("density_map", "density_map", self.domains)

    def make_frequency(self):
        return self.step("frequency", "frequency", self.range, "--species", "Ni")

    def make_neighbours(self):
        return self.step("neighbours", "neighbours", self.range, "--pairs", "Cr-Cr", "--k", "4", "--draws", "5")

    def make_warren_cowley(self):
        return self.step("warren_cowley", "warren_cowley", self.range, "--pairs", "Ni-Ni,Ni-Cr", "--k", "7", "--draws", "9")

    def make_diffuse(self):
        return self.step("diffuse", "diffuse", self.range, "--species", "Ni", "--grid-points", "5,5,1")

    def make_monte_carlo(self):
        return self.step("monte_carlo", "monte_carlo", "--energies", "Ni-Al:-0.03", "--cells", "6", "--sweeps", "200")

    def make_bank(self):
        return self.step("bank", "bank", "--crystals", "false", "--voxels", "120", "--specimens", "4")

    def make_train(self):
        return self.step("train", "train", self.bank, "--filters", "4", "--dense", "8", "--epochs", "2", "--folds", "2")

    def make_banks(self):
        return [tool.write_bank(self.folder / f"bank_{i}.npy", seed=i) for i in range(2)]

    def make_patterns(self):
        return self.step("patterns", "import", *self.banks, "--labels", "FCC,CSRO")

    def make_evaluate(self):
        return self.step("evaluate", "evaluate", self.net, "--patterns", self.patterns, "--fit-temperature", "true")

    def make_attribute(self):
        return self.step("attribute", "attribute", self.net, "--patterns", self.patterns, "--method", "grad_cam")


@pytest.fixture(scope="session")
def house(tmp_path_factory):
    return House(tmp_path_factory.mktemp("house"))


@functools.lru_cache(None)
def catalogue():
    return __import__("json").loads(tool.call("describe", "--json").out)


@pytest.fixture(scope="session")
def steps():
    """The catalogue by step."""
    return {step["name"]: step for step in catalogue()["steps"]}
