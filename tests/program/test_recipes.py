"""Several steps in one file: the grammar, its errors with line numbers, and the shipped recipe."""
import shutil

import pytest

import tool
from tool import REFERENCE, call, digest, fails, ok

h5py = pytest.importorskip("h5py")


@pytest.fixture
def place(house, tmp_path):
    house.range, house.net
    for name in ("range.nxs", "net.nxs"):
        shutil.copy2(house.folder / name, tmp_path)
    return tmp_path


def recipe(place, text, name="a.recipe"):
    (place / name).write_text(text)
    return place / name


def run(place, text, *args, **more):
    return ok("run", recipe(place, text), *args, "-o", place / "out.nxs", "--overwrite", **more)


CHAIN = """# a comment
param species = Ni   # and another
param roi     = auto

control = shuffle  tip seed=3
found   = classify tip     model=net species=$species roi=$roi threshold=0.5
null    = classify control model=net species=$species roi=$roi threshold=0.5
domains = domains  found   control=null
"""


def test_one_file_with_a_subentry_for_each_line(house, place):
    document = run(place, CHAIN, f"tip={place}/range.nxs", f"net={place}/net.nxs")
    assert [r["name"] for r in document["records"]] == ["control", "found", "null", "domains"]
    with h5py.File(place / "out.nxs") as file:
        entry = file["entry1"]
        found = [name for name, node in entry.items() if node.attrs.get("NX_class") in ("NXsubentry", b"NXsubentry")]
        assert sorted(found) == ["control", "domains", "found", "null"]
        assert entry["found/definition"][()] == b"NXapm_ordapt_classify_results"
    assert tool.listing(place) == ["a.recipe", "net.nxs", "out.nxs", "range.nxs"]
    assert "found" in call("show", place / "out.nxs").out


def test_a_recipe_gives_what_the_steps_give_one_by_one(house, place):
    document = run(place, CHAIN, f"tip={place}/range.nxs", f"net={place}/net.nxs")
    by_name = {r["name"]: r for r in document["records"]}
    ok("shuffle", place / "range.nxs", "--seed", 3, "-o", place / "control.nxs")
    found = ok("classify", place / "range.nxs", "--model", place / "net.nxs", "--species", "Ni", "--threshold", 0.5, "-o", place / "found.nxs")
    ok("classify", place / "control.nxs", "--model", place / "net.nxs", "--species", "Ni", "--threshold", 0.5, "-o", place / "null.nxs")
    domains = ok("domains", place / "found.nxs", "--control", place / "null.nxs", "-o", place / "domains.nxs")
    assert by_name["found"]["results_sha256"] == digest(found)
    assert by_name["domains"]["results_sha256"] == digest(domains) and by_name["domains"]["summary"] == domains["summary"]


@pytest.mark.parametrize("embed", [[], ["--embed"]])
def test_a_recipe_file_replays_verifies_and_moves(embed, house, place, tmp_path_factory):
    run(place, CHAIN, f"tip={place}/range.nxs", f"net={place}/net.nxs", *embed)
    for threads in (1, 4):
        records = ok("replay", place / "out.nxs", "--threads", threads)["records"]
        assert [r["name"] for r in records] == ["control", "found", "null", "domains"] and all(r["same"] for r in records)
    assert len(ok("verify", place / "out.nxs", "--search", house.folder)["records"]) >= 4
    away = tmp_path_factory.mktemp("away")
    shutil.copy2(place / "out.nxs", away)
    fails(66, "E_INPUT_NOT_FOUND", "replay", away / "out.nxs")
    ok("replay", away / "out.nxs", "--search", place)


def test_results_of_a_recipe_file_are_inputs_like_others(house, place):
    run(place, CHAIN.replace("domains = domains  found   control=null\n", ""), f"tip={place}/range.nxs", f"net={place}/net.nxs")
    result = call("domains", place / "out.nxs", "-o", place / "d.nxs", "--json")
    assert result.code in (0, 65, 66) and result.json


def test_what_was_made_of_a_recipe_file_can_be_verified(house, place):
    """Its input is one of the records of that file, and not its last."""
    run(place, CHAIN, f"tip={place}/range.nxs", f"net={place}/net.nxs")
    ok("domains", place / "out.nxs", "-o", place / "again.nxs")
    assert len(ok("verify", place / "again.nxs", "--search", house.folder)["records"]) >= 5


def test_values_come_from_the_command_line_or_the_param_line(house, place):
    text = "param width = 0.5\ns = spectrum tip bin_width=$width max=$max\n"
    tip = f"tip={place}/range.nxs"
    assert run(place, text, tip, "max=90")["summary"]["bins"] == 180
    assert run(place, text, tip, "max=90", "width=1")["summary"]["bins"] == 90
    assert run(place, "param max = 80\n" + text, tip)["summary"]["bins"] == 160
    assert run(place, "param a = 90\nparam max = $a\n" + text, tip)["summary"]["bins"] == 180
    assert run(place, "param a = 90\nparam max = $a\n" + text, tip, "a=80")["summary"]["bins"] == 160
    assert run(place, "param a = 90\nparam max = $a\n" + text, tip, "max=70")["summary"]["bins"] == 140
    fails(2, "E_RECIPE", "run", recipe(place, text), tip, "-o", place / "x.nxs")
    fails(2, "E_RECIPE", "run", recipe(place, "param width\ns = spectrum tip bin_width=$width\n"), tip, "-o", place / "x.nxs")


def test_spelling_is_that_of_the_command_line(house, place):
    a = run(place, "s = spectrum tip bin_width=0.5\n", f"tip={place}/range.nxs")
    b = run(place, "s\t=  spectrum   tip\tbin-width=0.5  \r\n", f"tip={place}/range.nxs")
    c = run(place, "s = spectrum range.nxs bin-width=0.5", cwd=place)
    assert digest(a) == digest(b) == digest(c)


def test_import_takes_several_files(house, place):
    for path in (house.pos, house.pos.with_suffix(".rrng")):
        shutil.copy2(path, place)
    document = run(place, "ions = import p r\nc = composition ions\n", f"p={place}/ship.pos", f"r={place}/ship.rrng")
    assert document["summary"]["ranged"] > 1000
    assert all(r["same"] for r in ok("replay", place / "out.nxs")["records"])


BAD = {
    "s = nothing tip\n": (1, "nothing"),
    "\n# c\ns = composition ghost\n": (3, "ghost"),
    "s composition tip\n": (1, "NAME ="),
    "s = \n": (1, "NAME ="),
    "= composition tip\n": (1, "NAME ="),
    "s =composition tip\n": (1, "NAME ="),
    "a = composition tip\na = spectrum tip\n": (2, "a"),
    "a-b = composition tip\n": (1, "a-b"),
    "../x = composition tip\n": (1, "../x"),
    "specimen = composition tip\n": (1, "specimen"),
    "atom_probe1 = composition tip\n": (1, "atom_probe1"),
    "s = composition tip tip\n": (1, "one main input"),
    "s = spectrum tip bin_widht=1\n": (1, "bin_width"),
    "\ns = spectrum tip bin_width=wide\n": (2, "wide"),
    "\n\ns = spectrum tip bin_width=-1\n": (3, "bin_width"),
    "s = spectrum tip bin_width=$none\n": (1, "$none"),
    "s = spectrum tip bin_width = 1\n": (1, ""),
    "s = spectrum tip =1\n": (1, ""),
    "param x=1\ns = composition tip\n": (1, "param"),
    "param\ns = composition tip\n": (1, "param"),
    "param x = $y\nparam y = 1\ns = composition tip\n": (1, "$y"),
    "param x = 1 2\ns = composition tip\n": (1, "param"),
    "param x = 1\nparam x = 2\ns = composition tip\n": (2, "x"),
    "e = export tip\n": (1, "export"),
    "s = classify tip model=net model=net\n": (1, "model"),
    "s = attribute net\n": (1, "patterns"),
    "s = composition\n": (1, "composition"),
    "s = spectrum tip" + " bin_width=1" * 70 + "\n": (1, ""),
    "s = domains tip control=s\n": (1, "s"),
    "".join(f"s{i} = composition tip\n" for i in range(66)): (65, "64"),
}


@pytest.mark.parametrize("text", list(BAD), ids=range(len(BAD)))
def test_a_bad_line_is_named_with_its_number(text, house, place):
    line, word = BAD[text]
    given = [f"{name}={place}/{file}.nxs" for name, file in (("tip", "range"), ("net", "net")) if f" {name}" in text or f"={name}" in text]
    result = call("run", recipe(place, text), *given, "-o", place / "x.nxs", "--json")
    error = result.json["error"]
    assert result.code in (2, 64) and not (place / "x.nxs").exists(), result
    assert error.get("line") == line and error["file"] == "a.recipe" and word in error["text"], result
    assert f"a.recipe:{line}: " in result.err


@pytest.mark.parametrize("text", ["", "\n\n", "# nothing\n", "param x = 1\n"])
def test_a_recipe_without_a_step_is_refused(text, place):
    fails(2, "E_RECIPE", "run", recipe(place, text), "-o", place / "x.nxs")


def test_names_of_the_command_line(house, place):
    text = recipe(place, "s = composition tip\n")
    tip = f"tip={place}/range.nxs"
    error = fails(2, "E_OPTION_UNKNOWN", "run", text, tip, "unused=1", "-o", place / "x.nxs")
    assert "unused" in error["text"]
    for bad in (["tip"], ["=x"], [tip, tip], ["1"]):
        fails(2, "E_USAGE", "run", text, *bad, "-o", place / "x.nxs")
    fails(66, "E_NOT_FOUND", "run", text, "tip=none.nxs", "-o", place / "x.nxs")
    fails(66, "E_NOT_FOUND", "run", text, "tip=", "-o", place / "x.nxs")
    assert "csro" in fails(66, ("E_NOT_FOUND",), "run", "csr", tip, "-o", place / "x.nxs")["text"]
    assert not (place / "x.nxs").exists()


def test_a_file_stands_in_for_a_line(house, place):
    """What the command line gives under the name of a line is not made: one recipe makes its specimen or takes one."""
    text = recipe(place, "tip = synthesise box=-2,2,-2,2,-4,0\nmixed = shuffle tip seed=3\nshares = composition mixed\n")
    made = ok("run", text, "-o", place / "a.nxs")
    given = ok("run", text, f"tip={place}/range.nxs", "-o", place / "b.nxs")
    assert [r["name"] for r in made["records"]] == ["tip", "mixed", "shares"] and [r["name"] for r in given["records"]] == ["mixed", "shares"]
    ok("shuffle", place / "range.nxs", "--seed", 3, "-o", place / "mixed.nxs")
    alone = ok("composition", place / "mixed.nxs", "-o", place / "c.nxs")
    assert digest(given) == digest(alone) == digest(ok("run", text, f"mixed={place}/mixed.nxs", "-o", place / "d.nxs"))
    assert all(r["same"] for r in ok("replay", place / "b.nxs")["records"])
    error = fails(66, "E_NOT_FOUND", "run", text, "mixed=7", "-o", place / "x.nxs")
    assert "mixed" in error["text"]
    fails(2, "E_RECIPE", "run", recipe(place, "param s\ns = composition tip\n"), f"tip={place}/range.nxs", f"s={place}/range.nxs", "-o", place / "x.nxs")
    fails(2, "E_RECIPE", "run", recipe(place, "s = composition tip\n"), f"s={place}/range.nxs", "-o", place / "x.nxs")


def test_unused_names_are_told_before_the_work(house, place):
    """A slip of the pen in a name must not cost the hour the recipe takes."""
    text = recipe(place, "s = synthesise box=-30,30,-30,30,-200,0\n")
    fails(2, "E_OPTION_UNKNOWN", "run", text, "sed=3", "-o", place / "x.nxs", timeout=10)


def test_a_failing_line_leaves_nothing(house, place):
    fails(64, "E_SPECIES_UNKNOWN", "run", recipe(place, "a = composition tip\nb = classify tip model=net species=Xe\n"), f"tip={place}/range.nxs",
          f"net={place}/net.nxs", "-o", place / "x.nxs")
    assert tool.listing(place) == ["a.recipe", "net.nxs", "range.nxs"]


def test_files_that_are_no_recipe(house, place):
    fails(65, ("E_ENCODING",), "run", house.range, f"tip={place}/range.nxs", "-o", place / "x.nxs")
    fails(66, "E_NOT_A_FILE", "run", place, "-o", place / "x.nxs")


def test_a_forgotten_line_keeps_its_record(house, place):
    """Large in-between results stay out of the file; what they were made with does not, so replay finds them again."""
    text = "bank = bank crystals=no voxels=60 specimens=2\nnet = train bank filters=2 dense=4 epochs=1 dropout=0 folds=2 test_share=0\n"
    whole = ok("run", recipe(place, text), "-o", place / "whole.nxs")
    short = ok("run", recipe(place, text + "forget bank\n"), "-o", place / "short.nxs")
    assert digest(short) == digest(whole)
    with h5py.File(place / "short.nxs") as file:
        assert "bank1" not in file["entry1/bank"] and file["entry1/bank/outcome/is_forgotten"][()]
        assert file["entry1/net/train1/summary/patterns"][()] == 60
    assert all(r["same"] for r in ok("replay", place / "short.nxs")["records"]) and "forgot" in call("verify", place / "short.nxs").out
    ok("classify", place / "range.nxs", "--model", place / "short.nxs", "--species", "Ni", "-o", place / "found.nxs")
    fails(65, "E_INPUT_KIND", "evaluate", place / "short.nxs", "--patterns", place / "short.nxs", "-o", place / "x.nxs")
    ok("run", recipe(place, text.split("\n")[0] + "\nforget bank\n"), "-o", place / "bank.nxs")
    fails(66, "E_INPUT_NOT_FOUND", "train", place / "bank.nxs", "-o", place / "x.nxs")
    fails(2, "E_RECIPE", "run", recipe(place, text + "forget bonk\n"), "-o", place / "x.nxs")


def test_csro_with_a_network_of_our_own(house, place):
    args = ("run", "csro", f"tip={place}/range.nxs", f"net={place}/net.nxs")
    document = ok(*args, "-o", place / "a.nxs")
    assert [r["name"] for r in document["records"]] == ["control", "found", "null", "why", "domains"]
    assert digest(ok(*args, "species=Co", "-o", place / "b.nxs")) != digest(document)
    assert digest(ok(*args, "--threads", 1, "-o", place / "c.nxs")) == digest(document)


@pytest.mark.skipif(not (REFERENCE / "ml-apt/cocrni_model_0.h5").exists(), reason="the authors' networks are not here")
def test_csro_with_the_networks_of_the_authors(house, place):
    ok("import", *(REFERENCE / f"ml-apt/cocrni_model_{i}.h5" for i in range(5)), "-o", place / "five.nxs")
    ok("synthesise", "--preset", "cocrni-a", "--box", "-6,6,-6,6,-14,0", "--domains", 20, "--radii", "1.2,1.4", "-o", place / "tip.nxs")
    document = ok("run", "csro", f"tip={place}/tip.nxs", f"net={place}/five.nxs", "-o", place / "out.nxs")
    by_name = {r["name"]: r for r in document["records"]}
    assert list(by_name) == ["control", "found", "null", "why", "domains"]
    assert by_name["found"]["summary"]["ions_selected"] > 3 * by_name["null"]["summary"]["ions_selected"], "order is found, and not in the control"
    judged = ok("score", place / "out.nxs", "--truth", place / "tip.nxs", "-o", place / "score.nxs")["summary"]
    assert judged["selected"] == by_name["found"]["summary"]["ions_selected"], "what was found is judged, not its control, whose ions are gone"
    assert by_name["domains"]["summary"]["number_density"] > 0
    assert all(r["same"] for r in ok("replay", place / "out.nxs", "--search", house.folder)["records"])


def test_order_by_two_witnesses(house, place):
    """Of true domains both witnesses find some, each beside the other's; chance brings hardly any together. One line, replayed."""
    ok("synthesise", "--preset", "cocrni-a", "--box", "-5,5,-5,5,-22,-10", "--domains", 12, "--seed", 3, "-o", place / "tip.nxs")
    document = ok("run", "order", f"tip={place}/tip.nxs", "species=Ni", "draws=2", "-o", place / "out.nxs")
    summary = {r["name"]: r["summary"] for r in document["records"]}
    assert set(summary) == {"control", "order", "null", "found", "random", "blocks", "domains", "nets"}
    domains, nets = summary["domains"], summary["nets"]
    assert domains["domains"] == nets["witness_domains"] and domains["witness_domains"] == nets["domains"]
    assert domains["shared_ions"] == nets["shared_ions"] > 50
    assert domains["agreeing_domains"] > 2 and domains["agreeing_by_chance"] < 1
    assert summary["null"]["domains"] <= 1 < summary["order"]["domains"]
    with h5py.File(place / "out.nxs") as file:
        agreement, witness = file["entry1/domains/domains1/agreement"], file["entry1/domains/domains1/witness"]
        partner = agreement["partner"][()]
        assert (agreement["overlap"][()][partner == 0] == 0).all() and (partner > 0).sum() == domains["agreeing_domains"]
        assert (agreement["shared"][()] <= file["entry1/domains/domains1/sizes/size"][()]).all()
        assert (witness["size"][()] == file["entry1/nets/domains1/sizes/size"][()]).all()
    ok("replay", place / "out.nxs")


PUBLISHED = REFERENCE / "apt-data" / "a356617605__Machine-learning-enabled-tomographic-imaging-of-chemical-short-range-atomic-ordering"


@pytest.mark.skipif(not PUBLISHED.is_dir(), reason="reference data apt-data are absent (set ORDAPT_REFERENCE)")
def test_order_of_the_published_ions(place):
    """The ions that the authors cut out are too few for planes: the recipe says so, and gives the unsigned map, domains and statistics all the same."""
    ok("import", PUBLISHED / "cocrni_nini_pre_extract.pos", PUBLISHED / "CoCrNi.RRNG", "-o", place / "tip.nxs")
    document = ok("run", "order", f"tip={place}/tip.nxs", "species=Ni", "period=0.356", "draws=0", "-o", place / "out.nxs")
    assert "W_NO_PLANES" in {warning["code"] for warning in document["warnings"]}
    summary = {r["name"]: r["summary"] for r in document["records"]}
    assert summary["order"]["is_signed"] is False and summary["order"]["map_volume"] > 1000
    assert summary["nets"]["domains"] > 100 and summary["nets"]["control_domains"] > 100 and summary["blocks"]["mu"] > 0
    with h5py.File(place / "out.nxs") as file:
        assert file["entry1/order/superlattice1/map/statistic"].ndim == 3
