"""The report: one page that stands alone, says what the file says, and survives files that mean it ill."""
import html.parser
import json
import os
import pathlib
import re
import shutil
import subprocess

import h5py
import numpy
import pytest

from made import HERE, SOURCE, cache, environment, ordapt

PLUGIN = SOURCE / "plugin"
EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'</style>"
RECIPE = """param species = Ni
control = shuffle   tip     seed=1
found   = classify  tip     model=net species=$species roi=-4,4,-4,4,-12,-6
null    = classify  control model=net species=$species roi=-4,4,-4,4,-12,-6
domains = domains   found   control=null
why     = attribute net     patterns=found
"""


@pytest.fixture(scope="session")
def python():
    """An interpreter with what a report needs, in an environment of its own."""
    return str(environment("report"))


@pytest.fixture(scope="session")
def report(python):
    """Runs ordapt-report; returns the finished process."""
    environment = {**os.environ, "PYTHONPATH": str(PLUGIN / "src"), "PYTHONDONTWRITEBYTECODE": "1"}

    def run(*arguments, code=0, folder=None):
        done = subprocess.run([python, "-m", "ordapt.report", *map(str, arguments)], cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
        assert done.returncode == code, f"{arguments}: {done.returncode}: {done.stderr}"
        return done

    return run


@pytest.fixture(scope="session")
def csro(workshop):
    """A whole job: selection, random control, domains. The specimen lies beside it."""
    workshop.file("net.nxs")
    (workshop.folder / "job.recipe").write_text(RECIPE, encoding="utf-8")
    ordapt("run", "job.recipe", "tip=crop.nxs", "net=net.nxs", "species=Ni,Co", "-o", "csro.nxs", folder=workshop.folder)
    return workshop.folder / "csro.nxs"


UNDEFINED = "bank|train|evaluate|score|whitened"  # shares of nothing, and amplitudes where no atomic planes are resolved


class Page(html.parser.HTMLParser):
    """Tags, texts by tag, references and data blocks of a page."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.tags, self.references, self.identifiers, self.blocks, self.texts, self.open, self.policy = [], [], [], {}, [], [], ""
        self.handlers = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        self.tags.append(tag)
        self.references += [(tag, key, values[key] or "") for key in ("src", "href", "xlink:href", "action", "data", "srcset") if key in values]
        self.handlers += [key for key in values if key.startswith("on")]
        if "id" in values:
            self.identifiers.append(values["id"])
        if values.get("http-equiv") == "Content-Security-Policy":
            self.policy = values["content"]
        if tag == "script":
            self.open.append((values.get("type", ""), values.get("id", "")))

    def handle_endtag(self, tag):
        if tag == "script":
            self.open.pop()

    def handle_data(self, data):
        if self.open:
            self.blocks[self.open[-1]] = data
        else:
            self.texts.append(data)

    def figures(self):
        return {identifier: json.loads(body) for (kind, identifier), body in self.blocks.items() if kind == "application/json"}

    def words(self):
        return re.sub(r"\s+", " ", " ".join(self.texts))


def spaced(count):
    """A number as `words` has it: every space is one."""
    return f"{count:,}".replace(",", " ")


def page_of(report, source, target, *more):
    report(source, "-o", target, "--overwrite", *more)
    return Page(target.read_text(encoding="utf-8"))


def test_every_result_gives_a_page(python, workshop, tmp_path):
    """Each step of the catalogue: a title, its numbers, its provenance, unique ids, and nothing that comes from elsewhere."""
    jobs = [(path, tmp_path / (path.stem + ".html")) for path in workshop.files()]
    code = "import pathlib, sys\nfrom ordapt.report import make_page\nfor source, target in zip(sys.argv[1::2], sys.argv[2::2]):\n    pathlib.Path(target).write_text(make_page(pathlib.Path(source))[0], 'utf-8')"
    run = subprocess.run([python, "-c", code, *[str(path) for job in jobs for path in job]], env={**os.environ, "PYTHONPATH": str(PLUGIN / "src")}, stderr=subprocess.PIPE, text=True, check=False)
    assert run.returncode == 0, run.stderr
    for path, target in jobs:
        page = Page(target.read_text(encoding="utf-8"))
        assert target.stat().st_size < 6e6, path.name
        assert len(set(page.identifiers)) == len(page.identifiers), path.name
        assert {"provenance", "library"} <= set(page.identifiers), path.name
        assert "not defined" not in page.words() or re.search(UNDEFINED, path.name), path.name
        for tag, key, value in page.references:
            assert tag == "a" and key == "href" and value.startswith("#"), f"{path.name}: <{tag} {key}={value[:80]}>"
            assert value[1:] in page.identifiers, f"{path.name}: {value} leads nowhere"
        assert not page.handlers and "default-src 'none'" in page.policy


def test_a_whole_job_is_told_whole(report, csro, tmp_path):
    page = page_of(report, csro, tmp_path / "page.html")
    words = page.words()
    with h5py.File(csro, "r") as file:
        count = int(file["entry1/domains/domains1/summary/domains"][()])
        control = int(file["entry1/domains/domains1/summary/control_domains"][()])
        digests = [file[f"entry1/{name}/results_sha256/checksum"][()].decode() for name in ("control", "found", "null", "domains")]
        model = file["entry1/found/classify1/summary/model_sha256"][()].decode()
        tasks = len([name for name in file["entry1/domains"] if re.fullmatch(r"domains\d+", name)])
    assert f"{count} domains of CSRO (Ni) were found; the same analysis of shuffled ions finds {control or 'none'}" in words
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    for digest in [*digests, model]:
        assert f'data-copy="{digest}"' in text and f'title="{digest}"' in text
    assert "set by the user" in words and "of the preset" in words and "crop.nxs" in words and "net.nxs" in words
    kinds = re.findall(r'data-kind="(\w+)"', text)
    assert kinds.count("volume") == 4  # two species, sums and probabilities
    scenes = [spec for spec in page.figures().values() if "scene" in spec.get("layout", {})]
    assert len(scenes) >= 2 and tasks >= 1  # the specimen and its control
    assert "Random control." in words


def test_the_first_screen_has_the_answer(report, workshop, tmp_path):
    """Each number of the summary, whole in a title and rounded to what its uncertainty leaves; what it was found in, and by which network."""
    report(workshop.file("drawn.nxs"), "-o", tmp_path / "page.html")
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    head, words = text.partition("</header>")[0], Page(text.partition("</header>")[0]).words()
    with h5py.File(workshop.file("drawn.nxs"), "r") as file, h5py.File(workshop.file("crop.nxs"), "r") as ions, h5py.File(workshop.file("curves.nxs"), "r") as found:
        tasks = [file[f"entry1/domains/domains{i}/summary"] for i in (1, 2)]
        for place, task in enumerate(tasks):
            count, controls, draws = (int(task[name][()]) for name in ("domains", "control_domains", "controls"))
            subject = ("CSRO (Ni)", "CSRO (Co)")[place]
            assert f"{count} {'domain' if count == 1 else 'domains'} of {subject}" in words
            assert f'title="{controls / draws!r}"' in head if controls and controls % draws else True
            for name in ("number_density", "number_density_error", *(("mu", "mu_low", "mu_high") if int(task["bins_used"][()]) >= 5 else ())):
                assert f'title="{float(task[name][()])!r}"' in head, name
        count = len(ions["entry1/atom_probe1/reconstruction/reconstructed_positions"])
        assert f"crop.nxs, {spaced(count)} ions" in words
        model = found["entry1/classify/classify1/summary/model_sha256"][()].decode()
    assert "train.nxs, 2 networks" in words and f'data-copy="{model}"' in head


def test_the_chain_reaches_to_the_vendor_files(report, workshop, tmp_path):
    """The drawing goes beyond the file: through every result found beside it, to what nothing here made."""
    shutil.copy(workshop.file("ranged.nxs"), tmp_path / "ranged.nxs")
    ordapt("crop", "ranged.nxs", "--roi", "-3,3,-3,3,-9,-5", "-o", "small.nxs", folder=tmp_path)
    ordapt("composition", "small.nxs", "-o", "shares.nxs", folder=tmp_path)
    report(tmp_path / "shares.nxs", "-o", tmp_path / "page.html")
    drawing = re.search(r"<svg.*?</svg>", (tmp_path / "page.html").read_text(encoding="utf-8"), re.S)[0]
    names = re.findall(r'<text class="name"[^>]*>([^<]*)<', drawing)
    assert sorted(names) == ["composition", "crop", "import", "ranged.nxs", "small.nxs", "tip.pos", "tip.rrng"]
    assert drawing.count('class="past"') == 2 and drawing.count('class="step"') == 1
    (tmp_path / "small.nxs").unlink()
    report(tmp_path / "shares.nxs", "-o", tmp_path / "page.html", "--overwrite")
    drawing = re.search(r"<svg.*?</svg>", (tmp_path / "page.html").read_text(encoding="utf-8"), re.S)[0]
    assert sorted(re.findall(r'<text class="name"[^>]*>([^<]*)<', drawing)) == ["composition", "small.nxs"]


def numbers(packed, kind="<f4"):
    import base64

    found = numpy.frombuffer(base64.b64decode(packed["bdata"]), kind)
    return found.reshape([int(part) for part in packed["shape"].split(",")]) if "shape" in packed else found


def explained(page):
    """Mean curves with an activation map over them: (map, curve) of each."""
    return [
        (numbers(spec["data"][0]["z"])[0], numbers(spec["data"][-1]["y"]))
        for spec in page.figures().values()
        if "yaxis2" in spec.get("layout", {})
    ]


def test_curves_stand_over_what_the_network_looks_at(report, csro, tmp_path):
    page = page_of(report, csro, tmp_path / "page.html")
    with h5py.File(csro, "r") as file:
        species = [file[f"entry1/why/attribute{task}"] for task in (1, 2)]
        wanted = [
            (heat, curve[:, 0])
            for why in species
            for heat, curve in zip(why["by_class/heat"][()], why["mean_curve/mean"][()])
            if numpy.isfinite(heat).any() and numpy.isfinite(curve).any()
        ]
        voxels = file["entry1/found/classify1/patterns/voxels"][()]
    shown = explained(page)
    assert len(shown) == len(wanted) > 0
    for (heat, curve), (true_heat, true_curve) in zip(shown, wanted):
        assert numpy.allclose(heat, true_heat, rtol=1e-6) and numpy.allclose(curve, true_curve, rtol=1e-6)
    assert any(f"the {spaced(count)} voxels around Ni" in page.words() for count in voxels)


def test_an_explanation_beside_the_result_is_found(report, workshop, tmp_path):
    """By the digest of the patterns that it explains, and only by it."""
    page = page_of(report, workshop.file("drawn.nxs"), tmp_path / "page.html")
    assert explained(page) and "explained.nxs" in page.words() and "What the network looks at" in page.words()
    shutil.copy(workshop.file("drawn.nxs"), tmp_path / "drawn.nxs")
    shutil.copy(workshop.file("attribute.nxs"), tmp_path / "attribute.nxs")  # of other patterns
    page = page_of(report, tmp_path / "drawn.nxs", tmp_path / "page.html")
    assert not explained(page) and "What the network looks at" not in page.words()
    assert explained(page_of(report, tmp_path / "drawn.nxs", tmp_path / "page.html", "--search", workshop.folder))


def test_mean_curves_stand_alone_without_an_explanation(report, workshop, tmp_path):
    shutil.copy(workshop.file("curves.nxs"), tmp_path / "curves.nxs")
    page = page_of(report, tmp_path / "curves.nxs", tmp_path / "page.html")
    with h5py.File(tmp_path / "curves.nxs", "r") as file:
        wanted = [row[:, 0] for row in file["entry1/classify/classify1/patterns/pattern"][()] if numpy.isfinite(row).all()]
    shown = next(spec for spec in page.figures().values() if "mean curve" in spec.get("layout", {}).get("yaxis", {}).get("title", {}).get("text", ""))
    assert [numpy.array_equal(numbers(trace["y"]), row) for trace, row in zip(shown["data"], wanted)] == [True] * len(wanted)


def test_probabilities_of_ions_stand_beside_their_control(report, workshop, tmp_path):
    page = page_of(report, workshop.file("atomnet.nxs"), tmp_path / "page.html")
    words = page.words()
    with h5py.File(workshop.file("atomnet.nxs"), "r") as file:
        found, null = (file[f"entry1/{name}/segment1"] for name in ("found", "null"))
        counts = {name: (int(group["summary/ions_selected"][()]), group["histogram/ions"][()]) for name, group in (("found", found), ("null", null))}
        shares, ions = found["species/share"][()], found["species/ions"][()]
        cell, codes = float(found["summary/lattice_parameter"][()]), found["summary/species_codes"][()].decode()
    assert "Ions by their probability to lie in an ordered domain" in words
    assert "The control has the same ions at the same places" in words and "Share of the ions of each species" in words
    assert f"divided by a cell of {cell:g} nm, of the model" in words and codes in words
    spec = next(spec for spec in page.figures().values() if spec.get("layout", {}).get("xaxis", {}).get("title", {}).get("text") == "probability")
    for trace, name in zip(spec["data"], ("found", "null")):
        assert numpy.array_equal(numbers(trace["y"]), counts[name][1].astype("f4"))
    spec = next(spec for spec in page.figures().values() if "share that is selected" in spec.get("layout", {}).get("yaxis", {}).get("title", {}).get("text", ""))
    assert numpy.allclose(numbers(spec["data"][0]["y"]), shares[ions > 0], rtol=1e-6)
    alone = page_of(report, workshop.file("segment.nxs"), tmp_path / "alone.html").words()
    assert "ranged ions have a probability of order above" in alone and "The control has the same ions" not in alone


def test_maps_keep_their_values(report, csro, tmp_path):
    """What the page carries, in steps of a colour scale, is the map of the file, plane for plane, and of the control."""
    import base64

    page = page_of(report, csro, tmp_path / "page.html")
    spec = next(spec for spec in page.figures().values() if "quantities" in spec)
    with h5py.File(csro, "r") as file:
        for name, record in (("actual", "found"), ("control", "null")):
            sums = file[f"entry1/{record}/classify1/pixels/sum"][()]
            quantity = spec["quantities"][0]
            found = numpy.frombuffer(base64.b64decode(quantity[name]), numpy.uint8).reshape(sums.shape).astype(float)
            assert numpy.array_equal(found == 255, numpy.isnan(sums))
            step = (quantity["high"] - quantity["low"]) / spec["steps"]
            good = ~numpy.isnan(sums)
            assert numpy.abs(quantity["low"] + found[good] * step - sums[good]).max() <= step / 2 + 1e-6


def test_ions_stand_where_the_specimen_has_them(report, csro, workshop, tmp_path):
    import base64

    def cloud(trace):
        return numpy.stack([numpy.frombuffer(base64.b64decode(trace[axis]["bdata"]), "<f4") for axis in "xyz"], axis=1)

    page = page_of(report, csro, tmp_path / "page.html")
    scene = next(spec for spec in page.figures().values() if "scene" in spec.get("layout", {}))
    drawn = numpy.concatenate([cloud(trace) for trace in scene["data"] if trace["mode"] == "markers"])
    with h5py.File(csro, "r") as file, h5py.File(workshop.folder / "crop.nxs", "r") as ions:
        wanted = ions["entry1/atom_probe1/reconstruction/reconstructed_positions"][()][file["entry1/domains/domains1/membership/ion_index"][()]]
        everyone = ions["entry1/atom_probe1/reconstruction/reconstructed_positions"][()]
    assert sorted(map(tuple, drawn.tolist())) == sorted(map(tuple, wanted.tolist()))
    box = next(trace for trace in scene["data"] if trace["mode"] == "lines")
    for axis, name in enumerate("xyz"):
        edges = [value for value in box[name] if value is not None]
        assert (min(edges), max(edges)) == pytest.approx((everyone[:, axis].min(), everyone[:, axis].max()))


def test_without_the_specimen_domains_are_spheres(report, csro, tmp_path):
    folder = tmp_path / "a" / "b"
    folder.mkdir(parents=True)
    shutil.copy(csro, folder / "csro.nxs")
    page = page_of(report, folder / "csro.nxs", tmp_path / "page.html")
    spheres = [spec for spec in page.figures().values() if "radius" in spec]
    with h5py.File(csro, "r") as file:
        count = int(file["entry1/domains/domains1/summary/domains"][()])
    assert len(spheres[0]["radius"]) == count and "--search" in page.words()
    found = page_of(report, folder / "csro.nxs", tmp_path / "page.html", "--search", csro.parent)
    assert not [spec for spec in found.figures().values() if "radius" in spec]


def test_another_specimen_of_that_name_is_not_taken(report, csro, workshop, tmp_path):
    folder = tmp_path / "a" / "b"
    folder.mkdir(parents=True)
    shutil.copy(csro, folder / "csro.nxs")
    shutil.copy(workshop.file("shuffle.nxs"), folder / "crop.nxs")
    page = page_of(report, folder / "csro.nxs", tmp_path / "page.html")
    assert [spec for spec in page.figures().values() if "radius" in spec]


def test_many_ions_are_thinned_and_said_so(report, workshop, tmp_path):
    page = page_of(report, workshop.file("domains.nxs"), tmp_path / "page.html", "--max-ions", "500")
    assert re.search(r"500 of [\d ]+ selected ions, drawn at random", page.words())


def test_sizes_stand_beside_their_control(report, workshop, tmp_path):
    page = page_of(report, workshop.file("domains.nxs"), tmp_path / "page.html")
    bars = next(spec for spec in page.figures().values() if spec.get("layout", {}).get("barmode") == "group")
    assert [trace["name"] for trace in bars["data"]] == ["specimen", "random control"]


def test_the_same_input_gives_the_same_bytes(report, workshop, tmp_path):
    for name in ("one", "two"):
        report(workshop.file("domains.nxs"), "-o", tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def poison(path):
    """Every text of a file becomes markup; links lead out of it; a group contains itself."""
    texts, word = [], h5py.string_dtype()
    with h5py.File(path, "a") as file:
        file.visititems(lambda name, item: texts.append(name) if isinstance(item, h5py.Dataset) and h5py.check_string_dtype(item.dtype) and item.shape == () else None)
        kept = ("definition", "identifier_role", "identifier_subentry", "type", "file_name")
        for name in texts:
            if name.split("/")[-1] not in kept:
                del file[name]
                file.create_dataset(name, data=EVIL, dtype=word)
        entry = file["entry1"]
        entry["domains/outcome"].create_dataset("warnings", data=["W_TEST", EVIL], dtype=word)
        entry["domains/domains1/sizes/size"].attrs["units"] = EVIL
        entry["domains/domains1/sizes/shape"].attrs["long_name"] = f"shape: 0 {EVIL}, 1 {EVIL}, 2 x, 3 y, 4 z"
        entry["domains/domains1/size_distribution"].attrs["axes"] = [EVIL]
        entry["domains/domains1/summary"].create_dataset(EVIL.replace("/", ""), data=1.0)
        entry["domains/domains1/loop"] = entry["domains"]
        entry["domains/domains1/soft"] = h5py.SoftLink("/entry1/domains/domains1/sizes")
        entry["domains/domains1/away"] = h5py.ExternalLink("/etc/passwd", "/")


def test_text_of_a_file_stays_text(report, workshop, tmp_path):
    path = tmp_path / "evil.nxs"
    shutil.copy(workshop.file("domains.nxs"), path)
    plain = page_of(report, path, tmp_path / "plain.html")
    poison(path)
    page = page_of(report, path, tmp_path / "page.html", "--title", EVIL)
    assert page.tags.count("script") - len(page.figures()) == plain.tags.count("script") - len(plain.figures()) == 2
    assert "img" not in page.tags and not page.handlers
    assert "alert(1)" in page.words() and "W_TEST" in page.words()
    raw = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "<script>alert" not in raw and "<img" not in raw
    for spec in page.figures().values():
        assert "<script" not in json.dumps(spec) and "<img" not in json.dumps(spec)


def test_a_bomb_is_not_unpacked(report, workshop, tmp_path):
    path = tmp_path / "bomb.nxs"
    shutil.copy(workshop.file("domains.nxs"), path)
    with h5py.File(path, "a") as file:
        group = file["entry1/domains/domains1/membership"]
        del group["domain"]
        group.create_dataset("domain", shape=(1 << 40,), dtype="u4", chunks=(1 << 20,), compression="gzip")
    page = page_of(report, path, tmp_path / "page.html")
    assert "provenance" in page.identifiers


def test_exit_statuses(report, workshop, tmp_path):
    good, page = workshop.file("domains.nxs"), tmp_path / "page.html"
    report(good, code=2)
    report(good, "-o", page, "--unknown", code=2)
    report(good, "-o", page, "--max-ions", "0", code=2)
    report(tmp_path / "none.nxs", "-o", page, code=66)
    report(tmp_path, "-o", page, code=66)
    (tmp_path / "text.nxs").write_text("no HDF5", encoding="utf-8")
    report(tmp_path / "text.nxs", "-o", page, code=65)
    with h5py.File(tmp_path / "foreign.nxs", "w") as file:
        file.create_group("entry1").attrs["NX_class"] = "NXentry"
    assert "E_NX_ENTRY" in report(tmp_path / "foreign.nxs", "-o", page, code=65).stderr
    (tmp_path / "cut.nxs").write_bytes(good.read_bytes()[:5000])
    report(tmp_path / "cut.nxs", "-o", page, code=65)
    report(good, "-o", tmp_path / "no" / "page.html", code=73)
    assert not page.exists()
    page.write_text("mine", encoding="utf-8")
    document = json.loads(report(good, "-o", page, "--json", code=73).stdout)
    assert document["status"] == "failure" and document["error"]["code"] == "E_EXISTS" and page.read_text(encoding="utf-8") == "mine"
    document = json.loads(report(good, "-o", page, "--overwrite", "--json").stdout)
    assert document["exit_code"] == 0 and document["output"]["bytes"] == page.stat().st_size
    report(good, "-o", good, "--overwrite", code=73)
    assert not list(tmp_path.glob("*.part"))


def test_damaged_files_end_in_a_page_or_a_message(report, workshop, tmp_path):
    """Never a traceback, never our own status 70, and never half a page."""
    body, generator = workshop.file("alone.nxs").read_bytes(), numpy.random.default_rng(7)
    for trial in range(8):
        changed = bytearray(body)
        for place in generator.integers(0, len(body), 40):
            changed[place] ^= int(generator.integers(1, 256))
        path, page = tmp_path / f"{trial}.nxs", tmp_path / f"{trial}.html"
        path.write_bytes(changed)
        try:
            report(path, "-o", page)
        except AssertionError as failure:
            assert ": 65: " in str(failure) and not page.exists(), failure


def test_a_record_with_parts_missing_still_gives_a_page(report, workshop, tmp_path):
    path = tmp_path / "less.nxs"
    for part in ("program_name", "outcome", "config", "environment", "results_sha256", "title", "input1"):
        path.write_bytes(workshop.file("domains.nxs").read_bytes())
        with h5py.File(path, "a") as file:
            for group in [item for item in file["entry1"].values() if isinstance(item, h5py.Group) and part in item]:
                del group[part]
        report(path, "-o", tmp_path / f"{part}.html")


@pytest.mark.parametrize(("width", "scheme"), [(1366, "light"), (390, "dark")])
def test_it_looks_right_in_a_browser(report, python, csro, tmp_path, width, scheme):
    """Every figure is drawn, nothing is asked of a network, nothing fails, nothing is wider than the window."""
    page = tmp_path / "page.html"
    report(csro, "-o", page)
    picture = cache() / f"report-{width}.png"
    run = subprocess.run([python, str(HERE / "browser.py"), str(page), str(picture), str(width), scheme], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    if run.returncode == 69:
        pytest.skip("no Chromium (Debian: chromium)")
    assert run.returncode == 0, run.stderr[-1500:]
    state = json.loads(run.stdout)
    figures = len(re.findall(r"data-kind=", page.read_text(encoding="utf-8")))
    assert int(state["drawn"]) == figures > 6 and not state["errors"]
    assert state["exceptions"] == [] and state["messages"] == []
    assert [url for url in state["requests"] if not url.startswith(("file:", "data:", "blob:"))] == []
    assert state["width"] == width and state["scroll"] == width and state["wide"] == []
    assert picture.stat().st_size > 20_000


def test_the_source_is_typed_and_tidy(python):
    for command in (["ruff", "check", "--no-cache", "."], ["ruff", "format", "--no-cache", "--check", "."], ["mypy", "--cache-dir", str(cache() / "mypy")]):
        run = subprocess.run([python, "-m", *command], cwd=PLUGIN, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        assert run.returncode == 0, run.stdout[-3000:]


def test_the_version_is_that_of_the_project():
    project = re.search(r"project\(ordapt VERSION ([\d.]+)", (SOURCE / "CMakeLists.txt").read_text(encoding="utf-8"))[1]
    assert re.search(r'__version__ = "([\d.]+)"', (PLUGIN / "src/ordapt/__init__.py").read_text(encoding="utf-8"))[1] == project


def test_the_entry_point_leads_to_the_program():
    text = (PLUGIN / "pyproject.toml").read_text(encoding="utf-8")
    assert 'ordapt-report = "ordapt.report:main"' in text and pathlib.Path(PLUGIN / "src/ordapt/py.typed").exists()
