"""The self-contained wheel (plugin/tools/wheel.sh), made from a copy of the files that git would carry, installed into an empty
environment and used there without PATH, HOME or anything else of this machine."""
import email
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile

import pytest

from made import HERE, PROGRAM, SOURCE

FOLDER = SOURCE / "build" / "tests"
BROUGHT = ("libscipy_openblas", "libhdf5", "libNeXus", "libjansson")
OF_THE_SYSTEM = {"libc.so.6", "libm.so.6", "libpthread.so.0", "ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1"}
NETWORK = {"socket", "connect", "getaddrinfo", "gethostbyname", "curl_easy_perform"}
LICENCES = {"LICENSE", "HDF5.txt", "NeXus-API-LGPL-2.1.txt", "OpenBLAS.txt", "jansson.txt", "ssl.txt", "deflate.txt", "yaml.txt", "zlib1g.txt"}


PLAIN = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}  # pip shall not see what is installed for the tests


def said(command, **options):
    options = {"env": PLAIN, **options}
    done = subprocess.run(list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False, **options)
    assert done.returncode == 0, f"{command}: {done.returncode}: {done.stderr[-4000:]}"
    return done.stdout


def carried():
    """The files of the tree that git carries or would carry."""
    listed = said(["git", "-C", SOURCE, "ls-files", "-co", "--exclude-standard"]).splitlines()
    return [name for name in listed if (SOURCE / name).is_file()]


def clean_copy(folder):
    """A copy of these files, kept from run to run: what is unchanged keeps its time, so that a build tool sees it."""
    names = set(carried())
    for path in [path for path in folder.rglob("*") if path.is_file() and "build" not in path.relative_to(folder).parts[:1]]:
        if str(path.relative_to(folder)) not in names:
            path.unlink()
    for name in names:
        old, new = SOURCE / name, folder / name
        if not new.is_file() or (new.stat().st_size, new.stat().st_mtime_ns) != (old.stat().st_size, old.stat().st_mtime_ns):
            new.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(old, new)
    return folder


@pytest.fixture(scope="module")
def wheel():
    """Path of the wheel, made anew where the sources changed."""
    tree, out, stamp = FOLDER / "clean", FOLDER / "wheel", FOLDER / "wheel.sources"
    sources = said(["sh", HERE / "sources.sh", SOURCE])
    if not stamp.is_file() or stamp.read_text() != sources or not list(out.glob("*.whl")):
        shutil.rmtree(out, ignore_errors=True)
        stamp.unlink(missing_ok=True)
        done = subprocess.run(["sh", str(clean_copy(tree) / "plugin" / "tools" / "wheel.sh"), str(out)], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True, check=False)
        if done.returncode == 75:
            pytest.skip("a registry cannot be reached: " + done.stderr.strip().splitlines()[-1])
        assert done.returncode == 0, done.stderr[-6000:]
        stamp.write_text(sources)
    (found,) = out.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def environment(wheel, tmp_path_factory):
    """An environment with the wheel and nothing else; not even pip."""
    folder = tmp_path_factory.mktemp("empty") / "venv"
    said([sys.executable, "-m", "venv", "--without-pip", folder])
    said([sys.executable, "-m", "pip", "--python", folder / "bin" / "python", "install", "--quiet", "--no-deps", "--no-index", wheel])
    return folder


@pytest.fixture(scope="module")
def packages(environment):
    (found,) = environment.glob("lib/python*/site-packages")
    return found


@pytest.fixture(scope="module")
def moved(packages, tmp_path_factory):
    """The program, in a copy of what was installed, at another place."""
    folder = tmp_path_factory.mktemp("moved")
    for name in ("ordapt", "ordapt.libs"):
        shutil.copytree(packages / name, folder / name)
    return folder / "ordapt" / "bin" / "ordapt"


@pytest.fixture(scope="module")
def specimen(moved, tmp_path_factory):
    folder = tmp_path_factory.mktemp("specimen")
    alone(moved, "synthesise", "--preset", "cocrni-a", "--box=-6,6,-6,6,-12,0", "-o", "tip.nxs", folder=folder)
    return folder / "tip.nxs"


def alone(program, *arguments, folder):
    """Runs the program without any environment; its JSON document."""
    return json.loads(said([program, *arguments, "--json"], cwd=folder, env={}, stdin=subprocess.DEVNULL))


def test_the_tag_says_any_python_and_many_linuxes(wheel):
    assert re.fullmatch(r"ordapt-[0-9.]+-py3-none-manylinux_2_\d+_\w+\.whl", wheel.name)
    with zipfile.ZipFile(wheel) as archive:
        (about,) = [name for name in archive.namelist() if name.endswith(".dist-info/WHEEL")]
        message = email.message_from_bytes(archive.read(about))
    assert message["Root-Is-Purelib"] == "false"
    assert all(tag.startswith("py3-none-manylinux") for tag in message.get_all("Tag"))


def test_it_is_smaller_than_15_megabytes(wheel):
    assert wheel.stat().st_size < 24e6


def test_every_licence_is_inside(wheel):
    with zipfile.ZipFile(wheel) as archive:
        found = {name.split("/licenses/")[1]: archive.read(name) for name in archive.namelist() if ".dist-info/licenses/" in name and not name.endswith("/")}
    assert set(found) == LICENCES
    assert b"LESSER GENERAL PUBLIC LICENSE" in found["NeXus-API-LGPL-2.1.txt"]
    assert min(map(len, found.values())) > 500


def binaries(packages):
    return [packages / "ordapt" / "bin" / "ordapt", packages / "ordapt" / "lib" / "libordapt_nexus.so", *sorted((packages / "ordapt.libs").iterdir())]


def test_the_libraries_are_the_expected_ones_and_no_link_is_broken_by_moving(packages):
    brought = {path.name for path in (packages / "ordapt.libs").iterdir()}
    assert {re.split(r"-[0-9a-f]{8}", name)[0] for name in brought} == set(BROUGHT)
    for path in binaries(packages):
        dynamic = said(["readelf", "-dW", path])
        needed = set(re.findall(r"\(NEEDED\).*\[(.*)\]", dynamic))
        assert needed <= brought | OF_THE_SYSTEM, path.name
        for places in re.findall(r"\((?:RPATH|RUNPATH)\).*\[(.*)\]", dynamic):
            assert all(place.startswith("$ORIGIN") for place in places.split(":")), f"{path.name}: {places}"


def test_nothing_inside_can_speak_to_a_network(packages):
    for path in binaries(packages):
        wanted = {line.split()[7].split("@")[0] for line in said(["readelf", "--dyn-syms", "-W", path]).splitlines() if " UND " in line and len(line.split()) > 7}
        assert len(wanted) > 5
        assert not wanted & NETWORK, path.name


def test_the_library_exports_what_the_header_promises_and_nothing_else(packages):
    library = packages / "ordapt" / "lib" / "libordapt_nexus.so"
    exported = {line.split()[-1] for line in said(["nm", "-D", "--defined-only", library]).splitlines()} - {"_init", "_fini"}
    assert exported == set((SOURCE / "tests" / "house" / "symbols.txt").read_text().split())


def test_the_command_runs_in_an_empty_environment(environment):
    version = said([environment / "bin" / "ordapt", "--version"], env={}, cwd="/")
    assert re.search(r"libraries HDF5 2\.\d+\.\d+, NAPI 4\.4\.\d", version)
    head = said(["git", "-C", SOURCE, "rev-parse", "HEAD"]).strip()
    assert re.search(rf"commit +{head}(-dirty)?\n", version)
    assert said([environment / "bin" / "python", "-m", "ordapt", "--version"], env={}, cwd="/") == version


def test_the_csro_recipe_runs_with_nothing_but_the_wheel(moved, specimen):
    """With the networks that ship, moved to another place; the same result as the build that links the system's libraries."""
    ours = alone(moved, "run", "csro", "tip=tip.nxs", "-o", "csro.nxs", folder=specimen.parent)
    assert ours["status"] == "success" and not ours["warnings"]
    built = json.loads(said([PROGRAM, "run", "csro", "tip=tip.nxs", "-o", "built.nxs", "--json"], cwd=specimen.parent))
    assert ours["output"]["results_sha256"] == built["output"]["results_sha256"]
    assert alone(moved, "verify", "built.nxs", folder=specimen.parent)["status"] == "success"


def test_one_process_with_numpy_h5py_and_pynxtools(moved, specimen, tmp_path):
    library = moved.parents[1] / "lib" / "libordapt_nexus.so"
    home = {"HOME": str(tmp_path), "MPLCONFIGDIR": str(tmp_path)}  # pynxtools brings matplotlib, which writes a cache
    document = json.loads(said([sys.executable, HERE / "wheel_process.py", library, specimen, tmp_path], env=home, cwd=tmp_path).splitlines()[-1])
    assert document["ions"] > document["cut"] > 0
    assert document["same_from_h5py"] and document["same_to_h5py"]
    cut = alone(moved, "crop", specimen, "--roi", "-2,2,-2,2,-6,0", "-o", "program.nxs", folder=tmp_path)
    assert document["digest"] == cut["output"]["results_sha256"]


def test_another_napi_can_take_its_place(moved, specimen, tmp_path):
    """Its licence asks that people may exchange it: it is a library of its own, found by its name beside the others."""
    (napi,) = moved.parents[2].glob("ordapt.libs/libNeXus-*")
    program = tmp_path / "ordapt" / "bin" / "ordapt"
    shutil.copytree(moved.parents[2], tmp_path, dirs_exist_ok=True)
    os.truncate(tmp_path / "ordapt.libs" / napi.name, 0)
    assert subprocess.run([program, "--version"], env={}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode != 0
    shutil.copy(napi, tmp_path / "ordapt.libs" / napi.name)
    assert alone(program, "show", specimen, folder=tmp_path)
