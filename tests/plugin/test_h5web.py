"""Every kind of file we write, opened in the real H5Web (the viewer of NOMAD, JupyterLab and VS Code) in headless Chromium, and clicked through as a person would.

Pictures of what is seen first stay in build/tests/h5web/. The page is made once and kept in the cache, under the digest of what it is made of.
"""
import fcntl
import hashlib
import json
import os
import shutil
import subprocess

import h5py
import numpy
import pytest

from made import HERE, SOURCE, cache, environment, ordapt

PICTURES = SOURCE / "build" / "tests" / "h5web"
PARTS = ("package.json", "package-lock.json", "view.jsx", "index.html", "bundle.py")
# What is seen on opening: the kind of plot and its title, or the label of its signal.
SEEN_FIRST = {
    "tip.nxs": ("NX Scatter", "ions of domains seen along y"),
    "al.nxs": ("NX Line", "Mass-to-charge histogram"),  # a specimen without domains
    "crop.nxs": ("NX Line", "Mass-to-charge histogram"),
    "range.nxs": ("NX Line", "Mass-to-charge histogram"),
    "shuffle.nxs": ("NX Line", "Mass-to-charge histogram"),
    "pos.nxs": ("NX Line", "Mass-to-charge histogram"),
    "facts.nxs": ("NX Line", "Mass-to-charge histogram"),
    "ranges.nxs": ("NX Line", "Mass-to-charge histogram"),
    "composition.nxs": ("NX Line", "share of the counted atoms"),
    "spectrum.nxs": ("NX Line", "ions per bin"),
    "sdm.nxs": ("NX Line", "mean of the maps over all voxels"),
    "sdm_zx.nxs": ("NX Heatmap", "mean of the maps over all voxels"),
    "domains.nxs": ("NX Line", "domains by their number of ions"),
    "alone.nxs": ("NX Line", "domains by their number of ions"),
    "drawn.nxs": ("NX Line", "Ni: domains by their number of ions"),
    "density.nxs": ("NX Heatmap", "ions per area"),
    "bank.nxs": ("NX Line", "curves as the network takes them"),
    "img_bank.nxs": ("NX Heatmap", "grey pictures of zx-SDMs"),
    "train.nxs": ("NX Line", "share of the validation patterns called right"),
    "evaluate.nxs": ("NX Heatmap", "patterns by their class"),
    "attribute.nxs": ("NX Heatmap", "mean map of the patterns whose class was followed"),
    "img_attribute.nxs": ("NX Heatmap", "mean map of the pictures whose class was followed"),
    "curves.nxs": ("NX Heatmap", "Ni: probability of the class, summed over the voxels that cover the pixel"),
    "feal_classify.nxs": ("NX Heatmap", "Fe-Al"),
    "classify.nxs": ("NX Heatmap", "Ni: probability of the class"),
    "found.nxs": ("NX Line", "share of the domains of this radius that were found"),
    "none.nxs": ("NX Line", "domains by their number of ions"),
    "segment.nxs": ("NX Line", "ions by their probability"),
    "clusters.nxs": ("NX Line", "domains by their number of ions"),
    "atomnet.nxs": ("NX Heatmap", "ions per area"),
    "cubes_score.nxs": ("NX Line", "share of the domains of this radius that were found"),
}
CLICKED = ("facts.nxs", "tip.nxs", "spectrum.nxs", "sdm.nxs", "curves.nxs", "drawn.nxs", "none.nxs", "density.nxs", "evaluate.nxs", "attribute.nxs", "bank.nxs", "train.nxs",
           "composition.nxs", "segment.nxs", "cubes_score.nxs")
WITHOUT_PLOT = ("tip.pos.nxs", "net.nxs")  # the record of an exported file; imported networks
OPENED_BY_PEOPLE = {"NXentry", "NXsubentry", "NXprocess", "NXdata", "NXnote", "NXroi_process", "NXapm_ranging", "NXapm_reconstruction"}


@pytest.fixture(scope="module")
def python():
    made = environment("h5web")
    if not any(shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome")):
        pytest.skip("Chromium is absent (Debian: chromium)")
    return str(made)


@pytest.fixture(scope="module")
def site(python):
    digest = hashlib.sha256(b"".join((HERE / "h5web" / name).read_bytes() for name in PARTS)).hexdigest()[:16]
    folder = cache() / f"h5web-{digest}"
    with open(cache() / f"h5web-{digest}.lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "view.js").exists():
            done = subprocess.run([python, HERE / "h5web" / "bundle.py", folder], stderr=subprocess.PIPE, text=True, check=False)
            if done.returncode == 75:
                pytest.skip(f"H5Web could not be fetched from the npm registry: {done.stderr.strip()[-200:]}")
            assert done.returncode == 0, done.stderr[-2000:]
    return folder


def look(python, site, files, jobs):
    """The verdicts of look.py by file."""
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    run = subprocess.run([python, HERE / "h5web" / "look.py", site, files], input="".join(json.dumps(job) + "\n" for job in jobs), env=environment,
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    assert run.returncode == 0, run.stderr[-2000:]
    return {verdict["file"]: verdict for verdict in map(json.loads, run.stdout.splitlines())}


def groups_a_person_clicks(path):
    """All of the kinds named above, parents first."""
    found = []

    def visit(name, item):
        if isinstance(item, h5py.Group) and item.attrs.get("NX_class") in OPENED_BY_PEOPLE:
            found.append("/" + name)

    with h5py.File(path, "r") as file:
        file.visititems(visit)
    return found


@pytest.fixture(scope="module")
def verdicts(workshop, python, site):
    workshop.make("none.nxs", "domains crop.nxs --species Ni --eps 0.001 --min-points 50")  # not one domain
    PICTURES.mkdir(parents=True, exist_ok=True)
    jobs = []
    for name in [*SEEN_FIRST, *WITHOUT_PLOT]:
        path = workshop.folder / name
        if path.exists():
            jobs.append({"file": name, "paths": groups_a_person_clicks(path) if name in CLICKED else [], "picture": str(PICTURES / f"{path.stem}.png")})
    return look(python, site, workshop.folder, jobs)


def seen(verdicts, workshop, name):
    workshop.file(name)
    return verdicts[name]["seen"]


@pytest.mark.parametrize("name", SEEN_FIRST)
def test_on_opening_the_default_plot_is_seen(verdicts, workshop, name):
    first = seen(verdicts, workshop, name)[0]
    kind, title = SEEN_FIRST[name]
    assert not first["red"] and first["tab"] == kind
    assert title in " ".join(first["title"].split()), first["title"]
    assert (PICTURES / f"{name[:-4]}.png").stat().st_size > 10000


@pytest.mark.parametrize("name", CLICKED)
def test_no_group_that_a_person_clicks_is_red(verdicts, workshop, name):
    views = seen(verdicts, workshop, name)[1:]
    assert {view["path"]: view["red"] for view in views if view["red"]} == {}
    assert len(views) > 5
    notes = [view for view in views if view["tab"] == "NX Note"]
    assert notes and any("sha256" in view["text"] for view in notes)
    assert [text for text in verdicts[name]["messages"] if "Malformed" in text] == []


@pytest.mark.parametrize("name", CLICKED)
def test_every_group_with_something_to_see_shows_it(verdicts, workshop, name):
    with h5py.File(workshop.file(name), "r") as file:
        for view in seen(verdicts, workshop, name)[1:]:
            group = file[view["path"]]
            if group.attrs["NX_class"] == "NXdata" and "signal" in group.attrs:
                assert view["tab"].startswith("NX "), f"{view['path']}: {view['text'][-200:]}"


@pytest.mark.parametrize("name", WITHOUT_PLOT)
def test_what_cannot_be_drawn_is_said_in_peace(verdicts, workshop, name):
    first = seen(verdicts, workshop, name)[0]
    assert not first["red"] and "Nothing to display" in first["text"]


def test_clouds_stay_within_what_a_browser_bears(workshop):
    """Ions selected, seen along y: at most 200 000 of them, each at its place, and in no digest."""
    with h5py.File(workshop.file("curves.nxs"), "r") as file, h5py.File(workshop.file("crop.nxs"), "r") as ions:
        task = file["entry1/classify/classify1"]
        places = {tuple(place) for place in ions["entry1/atom_probe1/reconstruction/reconstructed_positions"][()][task["selected/ion_index"][()]].tolist()}
        cloud = numpy.stack([task[f"cloud/{axis}"][()] for axis in "xyz"], axis=1)
        assert 0 < len(cloud) <= 200000 and len(cloud) == len(task["selected/ion_index"])
        assert {tuple(place) for place in cloud.tolist()} == places
        assert b"cloud" not in file["entry1/classify/outcome/manifest"][()]


def test_a_refused_file_is_noticed(workshop, python, site, tmp_path):
    """The judge itself: what H5Web is known to refuse must be red."""
    shutil.copy(workshop.file("density.nxs"), tmp_path / "broken.nxs")
    with h5py.File(tmp_path / "broken.nxs", "r+") as file:
        file["entry1/density_map/density_map1/map"].attrs["axes"] = ["vertical", "nowhere"]
    first = look(python, site, tmp_path, [{"file": "broken.nxs", "paths": []}])["broken.nxs"]["seen"][0]
    assert "nowhere" in first["red"]


def test_a_large_selection_is_thinned(tmp_path):
    ordapt("synthesise", "--domains", "0", "--box", "-16,16,-16,16,-32,0", "--seed", "1", "-o", "large.nxs", folder=tmp_path)
    ordapt("domains", "large.nxs", "--eps", "0.5", "-o", "out.nxs", folder=tmp_path)
    with h5py.File(tmp_path / "out.nxs", "r") as file:
        task = file["entry1/domains/domains1"]
        in_domains = int((task["membership/domain"][()] > 0).sum())
        assert in_domains > 400000 and 100000 <= len(task["cloud/domain"]) <= 200000
