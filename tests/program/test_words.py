"""Every word of the program: help, catalogue, options, spelling, streams, exit codes."""
import json
import os
import re
import subprocess
import time

import pytest

import tool
from tool import STEPS, call, digest, fails, ok

WORDS = ("run", "merge", "replay", "verify", "show", "steps", "help", "describe", "--version")


def test_steps_lists_one_line_per_step(steps):
    lines = call("steps").out.splitlines()
    assert [line.split()[0] for line in lines] == list(steps)
    assert set(STEPS) == set(steps)
    assert all(len(line.split()) > 1 for line in lines)


def test_help_names_all_words_and_steps(steps):
    text = call("help").out
    for word in (*WORDS, *steps):
        assert re.search(rf"^\s+(ordapt )?{word}\b", text, re.M), word
    for way in (["--help"], ["-h"], []):
        assert call(*way).out == text
    for option in ("--output", "--threads", "--kernel", "--config", "--progress", "--json", "--dry-run", "--overwrite", "--search", "--embed", "-q", "-v"):
        assert option in text


@pytest.mark.parametrize("step", STEPS)
def test_help_of_a_step_reads_well(step, steps):
    result = call("help", step)
    assert result.code == 0 and result.err == ""
    text = " ".join(result.out.split())
    assert result.out.startswith(f"ordapt {step}")
    assert max(map(len, result.out.splitlines())) <= 240
    table = steps[step]
    assert len(table["description"]) > 60
    for name, row in table["parameters"]["properties"].items():
        assert len(row["description"]) > 8, name
        assert " ".join(row["description"].split()) in text, name
        assert "--" + name.replace("_", "-") in text
        if "unit" in row:
            assert row["unit"] in ("nm", "Da", "degree", "V", "ns", "K", "1/nm", "1/nm^3", "mm"), name
        elif row["type"] == "number":
            assert row["nx_units"] == "NX_UNITLESS", name
    for slot in table["slots"]:
        assert len(slot["description"]) > 3 and slot["name"] in text
    for output in table["outputs"]:
        assert len(output["description"]) > 3 and output["name"] in text, output["name"]
    for preset, row in table["presets"].items():
        assert preset in text and len(row["description"]) > 8
        assert set(row["values"]) <= set(table["parameters"]["properties"])
    assert call(step, "--help").out == result.out


def test_help_of_errors_lists_every_code_the_sources_use():
    text = call("help", "errors").out
    listed = {line.split()[0]: line.split()[1] for line in text.splitlines()}
    used = set()
    for source in (tool.ROOT / "core").rglob("*.c"):
        used |= set(re.findall(r'"([EW]_[A-Z0-9_]+)"', source.read_text()))
    assert used <= set(listed), used - set(listed)
    assert set(listed.values()) <= {"-", "2", "64", "65", "66", "69", "70", "73", "74", "75", "130"}
    assert all(len(line.split()) > 2 for line in text.splitlines())


def test_help_of_a_recipe_says_what_it_takes():
    listed = json.loads(call("run", "--list", "--json").out)["recipes"]
    assert len(listed) >= 8
    for recipe in listed:
        text = call("help", recipe["name"]).out
        assert f"ordapt run {recipe['name']} " in text and recipe["description"] in text and recipe["text"] in text
        assert call("run", recipe["name"], "tip=none.nxs", "--help").out == text
        assert json.loads(call("help", recipe["name"], "--json").out)["recipe"] == recipe
    assert call("run", "none.recipe", "--help").out == call("help", "run").out
    assert "'order'" in fails(2, "E_WORD_UNKNOWN", "help", "ordr")["text"]


def test_help_of_the_unknown_fails():
    assert "classify" in fails(2, "E_WORD_UNKNOWN", "help", "clasify")["text"]


def test_manual_page_has_every_step(steps):
    text = call("help", "man").out
    assert text.startswith(".TH")
    assert all(f".SS {step} " in text for step in steps)


def test_version_tells_what_decides_the_numbers():
    text = call("--version").out
    for word in ("ordapt", "commit", "HDF5", "NAPI", "BLAS", "kernels"):
        assert word in text


@pytest.mark.parametrize("word", [("--version",), ("help",), ("help", "crop"), ("help", "errors"), ("steps",), ("run", "--list"), ("describe",), ("describe", "crop")])
def test_json_is_one_document_for_words_that_only_tell(word):
    result = call(*word, "--json")
    assert result.code == 0 and result.json and result.err == "", result


def test_run_list_names_the_shipped_recipes():
    assert call("run", "--list").out.startswith("csro")
    assert ok("run", "--list")["recipes"][0]["name"] == "csro"


# ---- describe ----

def test_describe_is_json_schema(steps):
    jsonschema = pytest.importorskip("jsonschema")
    validator = getattr(jsonschema, "Draft202012Validator", None) or pytest.skip("jsonschema is too old for 2020-12")
    for name, step in steps.items():
        schema = step["parameters"]
        assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
        validator.check_schema(schema)
        defaults = {key: row["default"] for key, row in schema["properties"].items()}
        assert not [f"{name}: {e.message}" for e in validator(schema).iter_errors(defaults)]
        assert list(validator(schema).iter_errors({"no_such": 1}))


def test_describe_one_step_equals_its_part_of_the_catalogue(steps):
    for name in STEPS:
        assert json.loads(call("describe", name, "--json").out) == steps[name]
    fails(2, "E_WORD_UNKNOWN", "describe", "nothing")


def test_defaults_of_the_catalogue_are_accepted_again(steps, house, tmp_path):
    """What a form fills in from the catalogue must be what leaving it out means."""
    for name in ("crop", "composition", "spectrum", "shuffle"):
        config = {key: row["default"] for key, row in steps[name]["parameters"]["properties"].items()}
        (tmp_path / "c.json").write_text(json.dumps(config))
        given = ok(name, house.range, "--config", tmp_path / "c.json", "-o", tmp_path / f"{name}1.nxs")
        plain = ok(name, house.range, "-o", tmp_path / f"{name}2.nxs")
        assert given["summary"] == plain["summary"] and digest(given) == digest(plain), name


# ---- what is not known ----

def test_unknown_words_options_and_steps_end_with_2_and_a_suggestion(house, tmp_path):
    assert "composition" in fails(2, "E_WORD_UNKNOWN", "compositon", house.tip, "-o", tmp_path / "x.nxs")["text"]
    assert "verify" in fails(2, "E_WORD_UNKNOWN", "verfy", house.tip)["text"]
    assert "every" in fails(2, "E_OPTION_UNKNOWN", "crop", house.tip, "--evry", 2, "-o", tmp_path / "x.nxs")["text"]
    fails(2, "E_OPTION_UNKNOWN", "crop", house.tip, "--zzzzzz", 2, "-o", tmp_path / "x.nxs")
    for short in ("-x", "-oo", "-j8"):
        fails(2, "E_USAGE", "crop", house.tip, short, "-o", tmp_path / "x.nxs")
    assert not tool.listing(tmp_path)


@pytest.mark.parametrize("word", ["run", "merge", "replay", "verify", "show", "steps", "help", "describe", "--version"])
def test_words_refuse_options_they_do_not_know(word, house):
    fails(2, ("E_OPTION_UNKNOWN", "E_USAGE"), word, *([house.tip] if word in ("replay", "verify", "show", "merge", "run") else []), "--bogus", "1")


@pytest.mark.parametrize("word", ["steps", "--version"])
def test_words_refuse_arguments_they_do_not_take(word):
    fails(2, "E_USAGE", word, "unexpected")


def test_missing_inputs_and_outputs(house, tmp_path):
    out = tmp_path / "x.nxs"
    fails(2, "E_SLOT_MISSING", "crop", "-o", out)
    fails(2, "E_SLOT_MISSING", "attribute", house.net, "-o", out)
    fails(2, "E_USAGE", "crop", house.tip)
    fails(2, "E_USAGE", "crop", house.tip, house.tip, "-o", out)
    fails(2, "E_USAGE", "crop", house.tip, "-o")
    fails(2, "E_USAGE", "crop", house.tip, "-o", "")
    fails(2, "E_USAGE", "crop", house.tip, "-o", out, "--every")
    fails(2, "E_USAGE", "classify", house.tip, "-o", out, "--model")
    fails(2, "E_USAGE", "score", house.tip, "--truth", house.tip, "--truth", house.tip, "-o", out)
    fails(66, "E_NOT_FOUND", "crop", tmp_path / "none.nxs", "-o", out)
    fails(66, "E_NOT_FOUND", "classify", house.tip, "--species", "Ni", "--model", tmp_path / "none.nxs", "-o", out)
    for word in ("run", "merge", "replay", "verify", "show"):
        fails(2, "E_USAGE", word)
    for word in ("replay", "verify", "show"):
        fails(66, "E_NOT_FOUND", word, tmp_path / "none.nxs")
        fails(2, "E_USAGE", word, house.tip, house.tip)
    fails(66, "E_NOT_FOUND", "merge", tmp_path / "none.nxs", "-o", out)
    fails(66, "E_NOT_FOUND", "run", tmp_path / "none.recipe", "-o", out)
    assert not tool.listing(tmp_path)


# ---- values ----

def test_spellings_of_a_parameter_are_one(house, tmp_path):
    ways = [["--bin-width", "0.5"], ["--bin_width", "0.5"], ["--bin-width=0.5"], ["--bin_width=0.5"], ["--bin-width=5e-1"]]
    digests = {digest(ok("spectrum", house.range, *way, "-o", tmp_path / f"{i}.nxs")) for i, way in enumerate(ways)}
    assert len(digests) == 1
    assert digest(ok("spectrum", house.range, *ways[0], f"--output={tmp_path}/o.nxs")) in digests
    ok("spectrum", house.range, "--dry_run")


def test_lists_may_begin_with_a_minus(house, tmp_path):
    roi = "-2,2,-2,2,-6,-1"
    a = ok("crop", house.tip, "--roi", roi, "-o", tmp_path / "a.nxs")
    b = ok("crop", house.tip, f"--roi={roi}", "-o", tmp_path / "b.nxs")
    assert digest(a) == digest(b) and 0 < a["summary"]["ions"] < a["summary"]["ions_before"]
    fails(64, "E_PARAMETER_VALUE", "crop", house.tip, "--roi", "1,2,3", "-o", tmp_path / "c.nxs")
    for bad in ("1,2,3,4,5,x", "1,,2,3,4,5", "1,2,3,4,5,6,7", "1;2;3;4;5;6"):
        fails(64, "E_PARAMETER_VALUE", "crop", house.tip, "--roi", bad, "-o", tmp_path / "c.nxs")
    for bad in ("nan,1,0,1,0,1", "0,inf,0,1,0,1", "2,-2,0,1,0,1", "0,0,0,0,0,0"):
        fails(64, ("E_PARAMETER_RANGE", "E_PARAMETER_VALUE", "E_ROI_OUTSIDE"), "crop", house.tip, "--roi", bad, "-o", tmp_path / "c.nxs")


def test_flags_take_a_truth_value_or_none(house, tmp_path):
    base = ok("composition", house.range, "-o", tmp_path / "a.nxs")
    for i, way in enumerate((["--decompose"], ["--decompose", "true"], ["--decompose=yes"], ["--decompose", "1"])):
        assert ok("composition", house.range, *way, "-o", tmp_path / f"t{i}.nxs")["summary"] == base["summary"]
    off = ok("composition", "--decompose", "false", house.range, "-o", tmp_path / "b.nxs")
    assert digest(off) != digest(base)
    assert digest(ok("composition", "--decompose", house.range, "-o", tmp_path / "c.nxs"))
    fails(64, "E_PARAMETER_VALUE", "composition", house.range, "--decompose=perhaps", "-o", tmp_path / "d.nxs")


@pytest.mark.parametrize("option, value", [("bin_width", "-1"), ("bin_width", "1e300"), ("bin_width", "nan"), ("bin_width", "abc"), ("bin_width", ""),
                                           ("bin_width", "0x10"), ("bin_width", "1,5"), ("bin_width", "1 "), ("max", "1e99"), ("max", "-0.1")])
def test_values_out_of_bounds_end_with_64_and_name_the_parameter(option, value, house, tmp_path):
    error = fails(64, ("E_PARAMETER_RANGE", "E_PARAMETER_VALUE"), "spectrum", house.range, f"--{option}={value}", "-o", tmp_path / "x.nxs")
    assert error["parameter"] == option and option in error["text"]
    assert not tool.listing(tmp_path)


def test_integers_are_whole_and_do_not_wrap(house, tmp_path):
    for bad in ("1.5", "99999999999999999999", "-1", "18446744073709551616", "1e3x"):
        fails(64, ("E_PARAMETER_RANGE", "E_PARAMETER_VALUE"), "crop", house.tip, f"--every={bad}", "-o", tmp_path / "x.nxs")


def test_choices_are_listed(house, tmp_path):
    text = fails(64, "E_PARAMETER_CHOICE", "range", house.tip, "--overlap", "sometimes", "-o", tmp_path / "x.nxs")["text"]
    assert "reject" in text and "narrow" in text
    fails(64, "E_PARAMETER_CHOICE", "classify", house.tip, "--model", house.net, "--preset", "nope", "-o", tmp_path / "x.nxs")


def test_common_options_with_bad_values(house, tmp_path):
    out = tmp_path / "x.nxs"
    for bad in (["--threads", "0"], ["--threads", "-3"], ["--threads", "two"], ["--threads", "1e9"], ["--progress", "loud"], ["--progress", "jsonl:"],
                ["--progress", "jsonl:x"], ["--compression", "zip"]):
        fails(64, "E_PARAMETER_VALUE", "crop", house.tip, *bad, "-o", out)
    fails(2, "E_USAGE", "crop", house.tip, "-o", out, "--threads")
    fails(2, "E_USAGE", "crop", house.tip, "-o", out, "--json=1")
    for bad in ("0/2", "3/2", "x", "1", "1/", "-1/2", "1/99999999999"):
        fails(64, "E_SLAB", "sdm", house.tip, "--pairs", "Ni-Ni", "--slab", bad, "-o", out)
    assert not tool.listing(tmp_path)


# ---- --config ----

def config(tmp_path, value):
    path = tmp_path / "config.json"
    path.write_text(value if isinstance(value, str) else json.dumps(value))
    return path


def test_config_gives_parameters_and_the_command_line_wins(house, tmp_path):
    fails(2, "E_OPTION_UNKNOWN", "spectrum", house.range, "--config", config(tmp_path, {"bin_widht": 0.5}), "-o", tmp_path / "x.nxs")
    file = config(tmp_path, {"bin_width": 0.5, "max": 90})
    a = ok("spectrum", house.range, "--config", file, "-o", tmp_path / "a.nxs")
    b = ok("spectrum", house.range, "--bin-width", 0.5, "--max", 90, "-o", tmp_path / "b.nxs")
    assert a["summary"]["bins"] == 180 and digest(a) == digest(b)
    for order in (["--config", file, "--bin-width", "1"], ["--bin-width", "1", "--config", file]):
        assert ok("spectrum", house.range, *order, "-o", tmp_path / "c.nxs", "--overwrite")["summary"]["bins"] == 90


def test_config_takes_lists_words_flags_and_null(house, tmp_path):
    a = ok("crop", house.tip, "--config", config(tmp_path, {"roi": [-2, 2, -2, 2, -6, -1], "every": None}), "-o", tmp_path / "a.nxs")
    b = ok("crop", house.tip, "--roi", "-2,2,-2,2,-6,-1", "-o", tmp_path / "b.nxs")
    assert digest(a) == digest(b)
    ok("composition", house.range, "--config", config(tmp_path, {"decompose": False}), "-o", tmp_path / "c.nxs")
    ok("classify", house.tip, "--model", house.net, "--config", config(tmp_path, {"species": ["Ni", "Co"], "preset": "cocrni-002", "stride": 1.0}),
       "-o", tmp_path / "d.nxs")


@pytest.mark.parametrize("text", ["", "[1]", "3", "{", '{"every": {}}', '{"every": 1, "every": 2}', '{"every": 1} x', "{'every': 1}", "\x00", '{"roi": [[1]]}'])
def test_config_that_is_no_object_of_parameters(text, house, tmp_path):
    error = fails(*((2, "E_CONFIG") if text != "\x00" else (65, "E_ENCODING")), "crop", house.tip, "--config",
                  config(tmp_path, text), "-o", tmp_path / "x.nxs")
    assert error.get("file", "config.json") == "config.json"


def test_config_values_are_checked_like_options(house, tmp_path):
    for bad in ({"every": 0}, {"every": 1.5}, {"every": "many"}, {"every": True}, {"every": 1e30}, {"every": [1, 2]}):
        fails(64, ("E_PARAMETER_RANGE", "E_PARAMETER_VALUE"), "crop", house.tip, "--config", config(tmp_path, bad), "-o", tmp_path / "x.nxs")
    fails(66, "E_NOT_FOUND", "crop", house.tip, "--config", tmp_path / "none.json", "-o", tmp_path / "x.nxs")


# ---- what is printed where ----

def test_streams_are_apart(house, tmp_path):
    result = call("range", house.ions, "-o", tmp_path / "a.nxs", "-v")
    assert result.code == 0 and "ranged" in result.out and "compute" in result.err and "peak memory" in result.err
    result = call("range", house.ions, "-o", tmp_path / "b.nxs")
    assert result.err == "" and "ranged" in result.out
    result = call("range", house.ions, "-o", tmp_path / "c.nxs", "-q")
    assert result.out == "" and result.err == ""
    result = call("range", house.ions, "-o", tmp_path / "c.nxs", "-q")
    assert result.out == "" and "E_EXISTS" in result.err and len(result.err.splitlines()) == 1
    assert re.fullmatch(r"[^:]+: E_EXISTS: .*; .*\n", result.err)


def test_document_of_a_step_has_the_agreed_keys(house, tmp_path):
    document = ok("range", house.ions, "-o", tmp_path / "a.nxs")
    assert document["step"] == "range" and set(document["phases_s"]) == {"read", "compute", "write"}
    assert document["output"]["file"] == "a.nxs" and document["output"]["bytes"] == (tmp_path / "a.nxs").stat().st_size
    assert re.fullmatch("[0-9a-f]{64}", document["output"]["results_sha256"])
    [given] = document["inputs"]
    assert (given["role"], given["file"]) == ("ions", "ions.nxs") and re.fullmatch("[0-9a-f]{64}", given["sha256"])
    assert document["warnings"] == [] and document["elapsed_s"] > 0 and document["peak_rss_bytes"] > 1e6


def test_warnings_are_in_the_document_and_on_stderr(tmp_path):
    rows = tool.grid_rows(200) + [(0.0, 0.0, 0.0, 200.0)]
    tool.write_pos(tmp_path / "a.pos", rows)
    tool.write_rrng(tmp_path / "a.rrng")
    plain = ok("import", tmp_path / "a.pos", "-o", tmp_path / "x.nxs")
    assert plain["warnings"] == [], "W_UNRANGED only where ranges were given"
    result = call("import", tmp_path / "a.pos", tmp_path / "a.rrng", "-o", tmp_path / "y.nxs", "--json")
    assert [w["code"] for w in result.json["warnings"]] == ["W_UNRANGED"] and "W_UNRANGED" in result.err


@pytest.mark.parametrize("word", ["verify", "show", "replay"])
def test_words_about_files_print_one_document(word, house):
    document = ok(word, house.composition)
    assert document["step"] == word and document["records"]


def test_dry_run_checks_everything_and_writes_nothing(house, tmp_path):
    document = ok("classify", house.range, "--model", house.net, "--species", "Ni", "--dry-run", cwd=tmp_path)
    assert document["predicted_bytes"] > 1000
    ok("export", house.range, "-o", tmp_path / "x.pos", "--dry-run")
    ok("crop", house.tip, "-o", tmp_path / "x.nxs", "--dry-run")
    fails(64, "E_PARAMETER_RANGE", "crop", house.tip, "--every", 0, "--dry-run")
    fails(66, "E_NOT_FOUND", "crop", tmp_path / "none.nxs", "--dry-run")
    fails(73, "E_EXISTS", "crop", house.tip, "-o", house.net, "--dry-run")
    fails(73, "E_OUTPUT", "crop", house.tip, "-o", tmp_path / "no" / "x.nxs", "--dry-run")
    assert not tool.listing(tmp_path)


def test_overwrite(house, tmp_path):
    out = tmp_path / "x.nxs"
    out.write_text("precious")
    fails(73, "E_EXISTS", "crop", house.tip, "-o", out)
    assert out.read_text() == "precious"
    fails(64, "E_PARAMETER_RANGE", "crop", house.tip, "--every", 0, "-o", out, "--overwrite")
    assert out.read_text() == "precious", "a failure leaves what was there"
    ok("crop", house.tip, "-o", out, "--overwrite")
    assert ok("verify", out, "--search", house.folder)


def test_threads_and_kernels(house, tmp_path):
    args = ("classify", house.range, "--model", house.net, "--species", "Ni")
    digests = {digest(ok(*args, "--threads", n, "-o", tmp_path / f"{n}.nxs")) for n in (1, 2, 3, 5)}
    assert len(digests) == 1
    for kernel in ("auto", "scalar"):
        ok("sdm", house.range, "--pairs", "Ni-Ni", "--kernel", kernel, "-o", tmp_path / f"{kernel}.nxs")
    assert "scalar" in fails(69, "E_KERNEL", "crop", house.tip, "--kernel", "quantum", "-o", tmp_path / "x.nxs")["text"]


def test_embed_makes_a_result_that_needs_nothing_beside_it(house, tmp_path):
    h5py = pytest.importorskip("h5py")
    plain = ok("classify", house.range, "--model", house.net, "--species", "Ni", "-o", tmp_path / "a.nxs", "--threshold", "0.5")
    full = ok("classify", house.range, "--model", house.net, "--species", "Ni", "-o", tmp_path / "b.nxs", "--embed", "--threshold", "0.5")
    assert digest(plain) == digest(full)
    with h5py.File(tmp_path / "a.nxs") as a, h5py.File(tmp_path / "b.nxs") as b, h5py.File(house.range) as source:
        where = "entry1/atom_probe1/reconstruction/reconstructed_positions"
        assert where not in a and (b[where][()] == source[where][()]).all()
    fails(66, "E_INPUT_NOT_FOUND", "domains", tmp_path / "a.nxs", "-o", tmp_path / "da.nxs")
    da = ok("domains", tmp_path / "a.nxs", "-o", tmp_path / "da.nxs", "--search", house.folder)
    db = ok("domains", tmp_path / "b.nxs", "-o", tmp_path / "db.nxs")
    assert da["summary"] == db["summary"]


def test_search_goes_deep_and_may_be_given_again(house, tmp_path):
    deep = tmp_path / "a" / "b" / "c"
    tool.copy(house.range, deep)
    alone = tool.copy(house.composition, tmp_path / "here" / "below")
    fails(66, "E_INPUT_NOT_FOUND", "replay", alone)
    ok("replay", alone, "--search", tmp_path / "empty", "--search", tmp_path / "a")


# ---- progress ----

def run_with_progress(args, seconds):
    read, write = os.pipe()
    process = subprocess.Popen([tool.PROGRAM, *map(str, args), "--progress", f"jsonl:{write}", "--json"], pass_fds=[write], stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE)
    os.close(write)
    lines = []
    with os.fdopen(read) as stream:
        for line in stream:
            lines.append((time.monotonic(), line))
    out, err = process.communicate(timeout=seconds)
    return process.returncode, lines, json.loads(out), err


def test_progress_lines_are_objects_often_enough(house, tmp_path):
    tip = tmp_path / "large.nxs"
    ok("synthesise", "--box", "-12,12,-12,12,-36,0", "-o", tip)
    start = time.monotonic()
    code, lines, document, err = run_with_progress(
        ("classify", tip, "--model", house.net, "--species", "Ni,Co", "--stride", "0.5", "--threads", "1", "-o", tmp_path / "x.nxs"), 120)
    assert code == 0 and document["status"] == "success" and err == b""
    times = [start, *(at for at, _ in lines), time.monotonic()]
    assert max(b - a for a, b in zip(times, times[1:])) < 2.5
    objects = [json.loads(line) for _, line in lines]
    assert objects and all(set(o) == {"step", "phase", "done", "total", "rate", "eta_s"} for o in objects)
    assert all(o["step"] == "classify" and 0 <= o["done"] <= o["total"] and o["rate"] >= 0 and o["eta_s"] >= 0 for o in objects)


def test_progress_never_goes_into_a_file_that_is_not_open(house, tmp_path):
    """A descriptor that nobody opened would later be one of our own files."""
    for number in (3, 5, 9, 4000):
        fails(64, "E_PARAMETER_VALUE", "crop", house.tip, "-o", tmp_path / "x.nxs", "--progress", f"jsonl:{number}")
    assert not tool.listing(tmp_path)


def test_progress_reader_that_goes_away_does_no_harm(house, tmp_path):
    read, write = os.pipe()
    os.close(read)
    try:
        ok("crop", house.tip, "-o", tmp_path / "x.nxs", "--progress", f"jsonl:{write}", pass_fds=[write])
    finally:
        os.close(write)


@pytest.mark.parametrize("mode", ["none", "auto", "text"])
def test_progress_words(mode, house, tmp_path):
    result = call("crop", house.tip, "-o", tmp_path / "x.nxs", "--progress", mode)
    assert result.code == 0
    if mode != "text":
        assert result.err == ""


def test_closed_output_streams_are_no_crash(house, tmp_path):
    for streams in (">&-", "2>&-", ">&- 2>&-", "<&- >&- 2>&-"):
        done = subprocess.run(["sh", "-c", f'"$0" crop "$1" -o "$2" --overwrite {streams}', tool.PROGRAM, house.tip, tmp_path / "x.nxs"], timeout=30)
        assert done.returncode in (0, 74), streams
        if done.returncode == 0:
            ok("verify", tmp_path / "x.nxs", "--search", house.folder)


def test_a_full_stdout_is_told():
    with open("/dev/full", "w") as full:
        done = subprocess.run([tool.PROGRAM, "describe", "--json"], stdout=full, stderr=subprocess.PIPE, timeout=30)
    assert done.returncode == 74, "a truncated document must not look like success"


# ---- lifeline ----

def test_the_end_of_the_caller_is_the_end_of_the_program(house, tmp_path):
    """A caller that is killed closes its end of the pipe; nothing is left behind."""
    tip = tmp_path / "large.nxs"
    ok("synthesise", "--box", "-12,12,-12,12,-36,0", "-o", tip)
    held, end = os.pipe()
    process = subprocess.Popen([tool.PROGRAM, "classify", tip, "--model", house.net, "--species", "Ni,Co", "--stride", "0.2", "--threads", "1", "-o",
                                tmp_path / "x.nxs", "--lifeline", str(held), "--json"], pass_fds=[held], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    os.close(held)
    time.sleep(0.5)
    assert process.poll() is None
    os.close(end)
    process.communicate(timeout=5)
    assert process.returncode == 143 and tool.listing(tmp_path) == ["large.nxs"]


def test_a_lifeline_that_is_held_changes_nothing(house, tmp_path):
    held, end = os.pipe()
    with os.fdopen(end, "w"):
        ok("crop", house.tip, "--every", "2", "-o", tmp_path / "x.nxs", "--lifeline", str(held), pass_fds=[held])
    os.close(held)


def test_a_lifeline_that_is_no_open_descriptor_is_refused(house, tmp_path):
    for number in ("0", "2", "-1", "4000", "pipe"):
        fails(64, "E_PARAMETER_VALUE", "crop", house.tip, "-o", tmp_path / "x.nxs", "--lifeline", number)
