"""What a call leaves on the disk, and what it must leave alone."""
import hashlib
import os
import re
import socket
import getpass
import stat
import subprocess
import time

import pytest

import tool
from tool import call, digest, fails, ok


def state(folder):
    """Name, bytes and time of every file."""
    return {name: (hashlib.sha256(open(os.path.join(folder, name), "rb").read()).hexdigest(), os.stat(os.path.join(folder, name)).st_mtime_ns)
            for name in tool.listing(folder)}


CALLS = {
    "import": lambda h: ("import", h.pos, h.pos.with_suffix(".rrng")), "networks": lambda h: ("import", *h.nets),
    "crop": lambda h: ("crop", h.range), "range": lambda h: ("range", h.ions), "composition": lambda h: ("composition", h.range),
    "spectrum": lambda h: ("spectrum", h.range), "shuffle": lambda h: ("shuffle", h.range), "sdm": lambda h: ("sdm", h.range, "--pairs", "Ni-Ni"),
    "classify": lambda h: ("classify", h.range, "--model", h.net, "--species", "Ni"), "domains": lambda h: ("domains", h.classify),
    "synthesise": lambda h: ("synthesise", "--box", "-2,2,-2,2,-4,0"), "score": lambda h: ("score", h.tip, "--truth", h.tip),
}


@pytest.mark.parametrize("name", list(CALLS))
def test_one_output_and_inputs_untouched(name, house, tmp_path):
    if name == "score":
        house.score
        args = ("score", house.folder / "found.nxs", "--truth", house.tip)
    else:
        args = CALLS[name](house)
    before = state(house.folder)
    ok(*args, "-o", tmp_path / "out.nxs", "--embed", cwd=tmp_path)
    assert tool.listing(tmp_path) == ["out.nxs"]
    for word in ("verify", "show", "replay"):
        ok(word, tmp_path / "out.nxs", "--search", house.folder, cwd=tmp_path)
    assert tool.listing(tmp_path) == ["out.nxs"] and state(house.folder) == before


@pytest.mark.parametrize("suffix, files", [("pos", ["x.pos", "x.pos.nxs", "x.rrng"]), ("csv", ["x.csv", "x.csv.nxs"]), ("xyz", ["x.xyz", "x.xyz.nxs"]),
                                           ("vtkhdf", ["x.vtkhdf", "x.vtkhdf.nxs"])])
def test_export_leaves_the_file_and_its_record(suffix, files, house, tmp_path):
    ok("export", house.range, "-o", tmp_path / f"x.{suffix}")
    assert tool.listing(tmp_path) == files
    for victim in files:
        place = tmp_path / victim[2:]
        place.mkdir()
        (place / victim).write_text("precious")
        fails(73, "E_EXISTS", "export", house.range, "-o", place / f"x.{suffix}")
        assert tool.listing(place) == [victim] and (place / victim).read_text() == "precious", "none of the files is replaced unasked"
        ok("export", house.range, "-o", place / f"x.{suffix}", "--overwrite")
        assert tool.listing(place) == files


def test_inputs_cannot_be_outputs(house, tmp_path):
    tip = tool.copy(house.range, tmp_path)
    before = state(tmp_path)
    for way in (tip, tmp_path / "." / "range.nxs", os.path.relpath(tip, tmp_path)):
        fails(73, "E_OUTPUT", "crop", tip, "-o", way, "--overwrite", cwd=tmp_path)
    os.symlink(tip, tmp_path / "soft.nxs")
    os.link(tip, tmp_path / "hard.nxs")
    for name in ("soft.nxs", "hard.nxs"):
        fails(73, "E_OUTPUT", "crop", tip, "-o", tmp_path / name, "--overwrite")
    fails(73, "E_OUTPUT", "classify", house.range, "--model", tip, "--species", "Ni", "-o", tip, "--overwrite")
    recipe = tmp_path / "a.recipe"
    recipe.write_text("c = composition tip\n")
    fails(73, "E_OUTPUT", "run", recipe, f"tip={tip}", "-o", tip, "--overwrite")
    fails(73, "E_OUTPUT", "run", recipe, f"tip={tip}", "-o", recipe, "--overwrite")
    after = state(tmp_path)
    assert all(after[name] == value for name, value in before.items())


def test_an_input_that_lies_where_the_output_is_made_survives(house, tmp_path):
    part = tmp_path / "x.nxs.part"
    part.write_bytes(house.range.read_bytes())
    kept = tmp_path / "x.pos.nxs"
    kept.write_bytes(house.range.read_bytes())
    call("crop", part, "-o", tmp_path / "x.nxs")
    fails(73, "E_OUTPUT", "export", kept, "-o", tmp_path / "x.pos", "--overwrite")
    assert part.read_bytes() == kept.read_bytes() == house.range.read_bytes()


def test_a_stale_part_is_replaced_and_links_are_not_followed(house, tmp_path):
    (tmp_path / "x.nxs.part").write_text("from a run that was killed")
    ok("crop", house.range, "-o", tmp_path / "x.nxs")
    assert tool.listing(tmp_path) == ["x.nxs"]
    victim = tmp_path / "victim"
    victim.write_text("precious")
    os.symlink(victim, tmp_path / "y.nxs.part")
    ok("crop", house.range, "-o", tmp_path / "y.nxs")
    assert victim.read_text() == "precious" and not (tmp_path / "y.nxs").is_symlink()
    (tmp_path / "z.nxs.part").mkdir()
    fails(73, "E_OUTPUT", "crop", house.range, "-o", tmp_path / "z.nxs")


def test_outputs_follow_the_umask(house, tmp_path):
    for mask, mode in ((0o022, 0o644), (0o027, 0o640)):
        ok("crop", house.range, "-o", tmp_path / f"{mask}.nxs", preexec_fn=lambda: os.umask(mask))
        assert stat.S_IMODE((tmp_path / f"{mask}.nxs").stat().st_mode) == mode


def test_no_path_user_or_host_name_in_any_output(house, tmp_path):
    place = tmp_path / "very_particular_folder"
    for name, make in CALLS.items():
        args = make(house) if name != "score" else ("composition", house.range)
        copies = [tool.copy(a, place) if isinstance(a, os.PathLike) else a for a in args]
        ok(*copies, "-o", place / f"out_{name}.nxs", "--embed", env={**os.environ, "USER": "particularuser", "HOME": str(place)})
    ok("export", place / "range.nxs", "-o", place / "out.pos")
    words = [b"very_particular_folder", b"particularuser", os.fsencode(tmp_path), b"/home/", b"/root", b"/tmp/"]
    words += [socket.gethostname().encode()] if len(socket.gethostname()) > 5 else []
    words += [getpass.getuser().encode()] if len(getpass.getuser()) > 5 else []
    for file in place.glob("out*"):
        data = file.read_bytes() + subprocess.run(["h5dump", file], capture_output=True).stdout if tool.shutil.which("h5dump") else file.read_bytes()
        for word in words:
            # h5dump itself prints the name of the file it was given
            assert word not in data.replace(os.fsencode(file), b""), (file.name, word)


def test_documents_and_messages_hold_no_paths_of_inputs(house, tmp_path):
    document = ok("classify", house.range, "--model", house.net, "--species", "Ni", "-o", tmp_path / "x.nxs")
    assert str(tmp_path) not in str(document) and str(house.folder) not in str(document)


def test_read_only_working_folder_with_the_output_elsewhere(house, tmp_path):
    """As another user where root would be allowed everything."""
    locked, free = tmp_path / "locked", tmp_path / "free"
    tool.copy(house.range, locked)
    free.mkdir()
    locked.chmod(0o555)
    free.chmod(0o777)
    ok("crop", "range.nxs", "-o", free / "x.nxs", cwd=locked)
    if os.geteuid() == 0:
        try:
            done = tool.as_nobody([tool.PROGRAM, "crop", "range.nxs", "-o", "../free/y.nxs", "--json"], locked, tmp_path)
        except OSError as error:
            pytest.skip(f"cannot become another user: {error}")
        assert done.returncode == 0, done
        done = tool.as_nobody([tool.PROGRAM, "crop", "range.nxs", "-o", "y.nxs", "--json"], locked, tmp_path)
        assert done.returncode == 73 and tool.json.loads(done.stdout)["error"]["code"] == "E_OUTPUT"
    else:
        fails(73, "E_OUTPUT", "crop", "range.nxs", "-o", "y.nxs", cwd=locked)
    assert tool.listing(locked) == ["range.nxs"]
    locked.chmod(0o755)


def test_two_runs_at_once_with_one_name(house, tmp_path):
    """One of them wins whole; the other says so or wins as well; never a mixture."""
    args = [tool.PROGRAM, "classify", house.range, "--model", house.net, "--species", "Ni", "-o", tmp_path / "x.nxs", "--overwrite", "-q"]
    for _ in range(4):
        both = [subprocess.Popen(args, stderr=subprocess.PIPE) for _ in range(3)]
        codes = [(p.communicate(timeout=60), p.returncode)[1] for p in both]
        assert 0 in codes and set(codes) <= {0, 73, 74}, codes
        assert tool.listing(tmp_path) == ["x.nxs"]
        ok("verify", tmp_path / "x.nxs", "--search", house.folder)


def test_two_runs_at_once_with_two_names_give_the_same(house, tmp_path):
    args = [tool.PROGRAM, "classify", house.range, "--model", house.net, "--species", "Ni", "--json", "-o"]
    both = [subprocess.Popen([*args, tmp_path / f"{i}.nxs"], stdout=subprocess.PIPE) for i in range(2)]
    assert len({digest(tool.json.loads(p.communicate(timeout=60)[0])) for p in both}) == 1


def test_output_is_never_seen_half(house, tmp_path):
    """Whoever looks while it is written sees nothing or all of it."""
    out = tmp_path / "x.nxs"
    process = subprocess.Popen([tool.PROGRAM, "synthesise", "--box", "-8,8,-8,8,-24,0", "-o", out, "-q"])
    while not out.exists() and process.poll() is None:
        time.sleep(0.0005)
    size = out.stat().st_size
    assert process.wait(60) == 0 and out.stat().st_size == size
    ok("verify", out)


def test_odd_places_for_outputs(house, tmp_path):
    (tmp_path / "folder").mkdir()
    for bad in (tmp_path / "folder", f"{tmp_path}/folder/", tmp_path / "none" / "x.nxs", house.net / "x.nxs", "/dev/null", "/proc/x.nxs", "/dev/full"):
        error = fails(73, ("E_OUTPUT", "E_EXISTS"), "crop", house.range, "-o", bad, "--overwrite")
        assert len(error["text"]) > 20
    os.mkfifo(tmp_path / "pipe.nxs")
    fails(73, "E_OUTPUT", "crop", house.range, "-o", tmp_path / "pipe.nxs", "--overwrite")
    long = "x" * 251 + ".nxs"
    fails(73, "E_OUTPUT", "crop", house.range, "-o", tmp_path / long)
    fails(73, "E_OUTPUT", "crop", house.range, "-o", "/" + "y/" * 3000 + "x.nxs")
    assert tool.listing(tmp_path) == ["pipe.nxs"] and list((tmp_path / "folder").iterdir()) == []


def test_bad_outputs_are_told_before_the_work(house, tmp_path):
    """A job of minutes must not end with "the folder does not exist"."""
    start = time.monotonic()
    fails(73, "E_OUTPUT", "synthesise", "--box", "-40,40,-40,40,-400,0", "-o", tmp_path / "none" / "x.nxs")
    fails(73, "E_EXISTS", "synthesise", "--box", "-40,40,-40,40,-400,0", "-o", house.tip)
    assert time.monotonic() - start < 5


def test_names_with_odd_characters_work_and_replay(house, tmp_path):
    for name in ("sp ace", "Körner-µ", "semi;colon$(x)`y`", "-dash", "percent%s%n", "a=b", "quote\"'", "é" * 60):
        source = tmp_path / f"{name}.nxs"
        source.write_bytes(house.range.read_bytes())
        out = tmp_path / f"{name} out.nxs"
        document = ok("composition", "-o", out, "--", source.name if name == "-dash" else source, cwd=tmp_path)
        assert document["inputs"][0]["file"] == source.name and document["output"]["file"] == out.name
        assert ok("replay", out)["records"][0]["same"]
        text = call("show", out).out
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f]", text), "no control characters on the terminal"
        source.unlink(), out.unlink()


def test_names_that_no_record_could_hold_are_refused(house, tmp_path):
    for name in ("tab\t.nxs", "new\nline.nxs", "\x1b[31m.nxs", "\x7f.nxs"):
        (tmp_path / name).write_bytes(house.range.read_bytes())
        result = call("composition", tmp_path / name, "-o", tmp_path / "x.nxs")
        assert result.code == 2 and "E_USAGE" in result.err and "\x1b" not in result.err and len(result.err.splitlines()) == 1
    bad = os.fsencode(tmp_path) + b"/\xff\xfe.nxs"
    with open(bad, "wb") as file:
        file.write(house.range.read_bytes())
    fails(2, "E_USAGE", "composition", bad, "-o", tmp_path / "x.nxs")
    fails(2, "E_USAGE", "composition", house.range, "-o", bad)
    fails(2, ("E_USAGE", "E_WORD_UNKNOWN"), b"\xff\xfe", house.range)
