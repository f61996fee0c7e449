# SPDX-License-Identifier: MIT
"""Where rankings go: nothing is overwritten without being asked, and nothing is left half done."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import h5py
import numpy as np
import pytest
from silx.io import nxdata
from silx.io.url import DataUrl

import ndreg_preeval
import ndreg_preeval.ranking
from ndreg_preeval.cli.demo import make_demo
from ndreg_preeval.cli.main import main
from ndreg_preeval.report import nexus as nexus_output
from ndreg_preeval.report import nexus_file as nexus_target
from ndreg_preeval.report.nexus import save_nexus
from ndreg_preeval.report.nexus_file import find_target
from tests.support.made_up_rankings import names_in, ranking, stack

RANKING = ranking(stack("Ca-K", [0.9, 0.8]), stack("Fe-K", [0.2, 0.1]))
OTHER = ranking(stack("K-K", [0.7]))


@pytest.fixture
def scan(tmp_path):
    """A file that somebody else made."""
    path = tmp_path / "scan.h5"
    with h5py.File(path, "w") as file:
        file["scan/data/Ca-K"] = np.arange(24.0).reshape(2, 3, 4)
        file["scan"].attrs["NX_class"] = "NXentry"
        file["scan/data"].attrs.update({"NX_class": "NXdata", "signal": "Ca-K"})
    return path


def content(path):
    """Everything that a file holds: paths, attributes, values."""
    found = {}

    def visit(name, node):
        # As text: NaN is NaN there.
        data = repr(np.asarray(node[()]).tolist()) if isinstance(node, h5py.Dataset) else None
        found[name] = (data, {key: str(value) for key, value in node.attrs.items()})

    with h5py.File(path) as file:
        visit("/", file)
        file.visititems(visit)
        links = []
        file.visititems_links(lambda name, link: links.append((name, type(link).__name__)))
    return found, links


def stacks_of(path, group):
    with h5py.File(path) as file:
        return list(file[group]["stacks"])


@pytest.mark.parametrize(
    ("url", "group"),
    [
        ("out.h5", "/entry/ranking"),
        ("out.h5::/", "/entry/ranking"),
        ("out.h5::/one", "/one/ranking"),
        ("out.h5::one", "/one/ranking"),
        ("out.h5::/a/b", "/a/b"),
        ("out.h5::/a/b/c/d/", "/a/b/c/d"),
        ("out.h5?path=/a/b", "/a/b"),
        ("silx:out.h5?path=/a/b", "/a/b"),
        (Path("out.h5"), "/entry/ranking"),
        (DataUrl(file_path="out.h5", data_path="/a/Fe+K 50%25"), "/a/Fe+K 50%25"),
        (DataUrl("silx:out.h5?/a/b"), "/a/b"),
        ("out.h5::/a/b#c;d&e=f", "/a/b#c;d&e=f"),
    ],
)
def test_forms_of_urls(tmp_path, monkeypatch, url, group):
    monkeypatch.chdir(tmp_path)
    assert save_nexus(RANKING, url) == f"out.h5::{group}"
    assert names_in(tmp_path) == ["out.h5"]
    with h5py.File("out.h5") as file:
        assert file[group].attrs["NX_class"] == "NXprocess"
        assert file[group.split("/")[1]].attrs["NX_class"] == "NXentry"
        assert nxdata.get_default(file).group.name == f"{group}/images"
    with pytest.raises(FileExistsError):
        save_nexus(RANKING, url)


@pytest.mark.parametrize("name", ["a#b;c%20.h5", "50%25 of+it.h5", "what?.h5", "日本.h5", "h.5", "a=b&c.h5"])
def test_names_of_files_are_taken_as_they_come(tmp_path, name):
    save_nexus(RANKING, str(tmp_path / name))
    save_nexus(RANKING, tmp_path / f"other {name}")
    assert names_in(tmp_path) == sorted([name, f"other {name}"])
    save_nexus(RANKING, f"{tmp_path / name}::/again/x")
    assert stacks_of(tmp_path / name, "again/x") == ["Ca-K", "Fe-K"]


@pytest.mark.parametrize(
    ("url", "error", "message"),
    [
        (b"out.h5", TypeError, "must be str, Path or DataUrl, not bytes"),
        (None, TypeError, "must be str, Path or DataUrl, not NoneType"),
        ("", ValueError, "names no file"),
        ("out.h5::/a/b&slice=0:1", ValueError, "has a slice"),
        ("out.h5::/a\0/b", ValueError, "NUL"),
        ("out.h5::/a/\udc80", ValueError, "no name of a group"),
        ("fabio:out.h5::/a/b", ValueError, "scheme"),
        ("no/out.h5", FileNotFoundError, "its folder does not exist"),
        (".", IsADirectoryError, "is a folder"),
        ("/dev/null", OSError, "only regular files"),
    ],
)
def test_urls_that_lead_nowhere(tmp_path, monkeypatch, url, error, message):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(error, match=message):
        save_nexus(RANKING, url)
    with pytest.raises(error, match=message):
        find_target(url)
    assert names_in(tmp_path) == []


def test_other_groups_stay_as_they_are(scan):
    before, _ = content(scan)
    save_nexus(RANKING, f"{scan}::/scan/ranking")
    save_nexus(OTHER, scan)
    after, _ = content(scan)
    # Groups gain a default where they had none; that is all.
    assert after["/"] == (None, {"default": "scan"})
    assert after["scan"] == (None, {"NX_class": "NXentry", "default": "ranking"})
    assert after["scan/data"] == before["scan/data"]
    assert after["scan/data/Ca-K"] == before["scan/data/Ca-K"]
    with h5py.File(scan) as file:
        assert nxdata.get_default(file).group.name == "/scan/ranking/images"
        assert nxdata.get_default(file["entry"]).group.name == "/entry/ranking/stacks/K-K/images"
        assert sorted(file) == ["entry", "scan"]


def test_defaults_that_exist_are_kept(scan):
    with h5py.File(scan, "r+") as file:
        file.attrs["default"] = "scan"
        file["scan"].attrs["default"] = "data"
    save_nexus(RANKING, f"{scan}::/scan/ranking")
    with h5py.File(scan) as file:
        assert (file.attrs["default"], file["scan"].attrs["default"]) == ("scan", "data")
        assert nxdata.get_default(file["scan/ranking"]).group.name == "/scan/ranking/images"


def test_overwrite_replaces_a_ranking_and_nothing_else(scan):
    url = f"{scan}::/scan/ranking"
    save_nexus(RANKING, url)
    before = content(scan)
    with pytest.raises(FileExistsError, match=r"'/scan/ranking' exists already") as found:
        save_nexus(OTHER, url)
    assert found.value.filename == str(scan)
    assert content(scan) == before
    save_nexus(OTHER, url, overwrite=True)
    assert stacks_of(scan, "scan/ranking") == ["K-K"]
    with h5py.File(scan) as file:
        assert sorted(file["scan"]) == ["data", "ranking"]
        assert file["scan/data/Ca-K"][1, 2, 3] == 23
    save_nexus(RANKING, f"{scan}::/scan/new", overwrite=True)
    assert stacks_of(scan, "scan/new") == ["Ca-K", "Fe-K"]


def test_forced_rankings_lead_no_default_astray(scan):
    save_nexus(ranking(ranked_stack_names=None, reference_stack="Ca-K"), f"{scan}::/scan/forced")
    with h5py.File(scan) as file:
        assert "default" not in file.attrs
        assert "default" not in file["scan"].attrs


@pytest.mark.parametrize("path", ["scan/data", "scan/data/Ca-K", "scan/link", "scan/lost", "scan/outside"])
def test_what_is_no_ranking_is_never_overwritten(scan, path):
    with h5py.File(scan, "r+") as file:
        file["scan/link"] = h5py.SoftLink("/scan/data")
        file["scan/lost"] = h5py.SoftLink("/nothing")
        file["scan/outside"] = h5py.ExternalLink("missing.h5", "/x")
    before = content(scan)
    for overwrite, message in ((False, "exists already"), (True, "is no ranking that ndreg_preeval wrote")):
        with pytest.raises(FileExistsError, match=message):
            save_nexus(RANKING, f"{scan}::/{path}", overwrite=overwrite)
    assert content(scan) == before


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("scan/data/Ca-K/x", "is no group"),
        ("lost/x", "is a broken link"),
        ("outside/x/y", "leads to another file"),
        ("around/x", "leads to another file"),
    ],
)
def test_paths_that_lead_through_no_group_of_this_file(scan, tmp_path, path, message):
    other = tmp_path / "other.h5"
    with h5py.File(other, "w") as file:
        file.create_group("x")
    with h5py.File(scan, "r+") as file:
        file["lost"] = h5py.SoftLink("/nothing")
        file["outside"] = h5py.ExternalLink("other.h5", "/")
        file["around"] = h5py.SoftLink("/outside/x")
    before, untouched = content(scan), other.read_bytes()
    with pytest.raises(ValueError, match=message):
        save_nexus(RANKING, f"{scan}::/{path}", overwrite=True)
    assert content(scan) == before
    assert other.read_bytes() == untouched


def test_links_within_the_file_are_followed(scan):
    with h5py.File(scan, "r+") as file:
        file["latest"] = h5py.SoftLink("/scan")
    save_nexus(RANKING, f"{scan}::/latest/ranking")
    assert stacks_of(scan, "scan/ranking") == ["Ca-K", "Fe-K"]


@pytest.mark.parametrize("data", [b"", b"no HDF5", b"\x89HDF\r\n\x1a\n" + b"\0" * 100])
def test_files_that_are_no_hdf5_are_left_alone(tmp_path, data):
    path = tmp_path / "out.h5"
    path.write_bytes(data)
    with pytest.raises(OSError, match=r"is no HDF5 file|cannot be opened as HDF5") as found:
        save_nexus(RANKING, path, overwrite=True)
    assert found.value.filename == str(path)
    assert path.read_bytes() == data


def test_file_that_cannot_be_written(scan, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: not mode & os.W_OK)
    with pytest.raises(PermissionError, match="may not be written"):
        find_target(scan)
    with pytest.raises(PermissionError, match="its folder may not be written to"):
        find_target(scan.with_name("new.h5"))


def test_file_that_is_open_for_reading(scan):
    before = scan.read_bytes()
    with (
        h5py.File(scan, "r"),
        pytest.raises(OSError, match="cannot be opened for writing") as found,
    ):
        save_nexus(RANKING, scan)
    assert found.value.filename == str(scan)
    assert scan.read_bytes() == before


def test_file_that_the_caller_writes_to(scan):
    with h5py.File(scan, "r+") as file:
        save_nexus(RANKING, scan)
        assert list(file["entry/ranking/stacks"]) == ["Ca-K", "Fe-K"]
        file["more"] = 1
    assert stacks_of(scan, "entry/ranking") == ["Ca-K", "Fe-K"]


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, MemoryError])
def test_error_while_it_is_made_touches_no_file(scan, tmp_path, monkeypatch, error):
    def fail(*_):
        raise error

    monkeypatch.setattr(nexus_output, "_write_shifts", fail)
    before = scan.read_bytes()
    for path in (scan, tmp_path / "new.h5"):
        with pytest.raises(error):
            save_nexus(RANKING, path)
    assert scan.read_bytes() == before
    assert names_in(tmp_path) == ["scan.h5"]


@pytest.mark.parametrize(
    ("method", "skip", "overwrite"),
    [
        ("copy", 0, False),
        ("copy", 0, True),
        ("move", 0, False),
        ("move", 0, True),
        ("move", 1, True),  # the first move sets the old group aside
        ("flush", 1, False),  # the first flush is that of the file in memory
        ("flush", 1, True),
    ],
)
def test_error_while_it_is_put_into_a_file_leaves_no_half(scan, monkeypatch, method, skip, overwrite):
    url = f"{scan}::/scan/ranking"
    if overwrite:
        save_nexus(RANKING, url)
    before = content(scan)
    calls = []

    owner = h5py.File if method == "flush" else h5py.Group
    honest = getattr(owner, method)

    def failing(self, *given, **named):
        calls.append(given)
        if len(calls) == skip + 1:
            raise KeyboardInterrupt
        return honest(self, *given, **named)

    monkeypatch.setattr(owner, method, failing)
    with pytest.raises(KeyboardInterrupt):
        save_nexus(OTHER, url, overwrite=overwrite)
    assert len(calls) > skip
    monkeypatch.undo()
    assert content(scan) == before


def test_error_while_a_new_file_is_written_leaves_none(tmp_path, monkeypatch):
    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", fail)
    with pytest.raises(OSError, match="No space left"):
        save_nexus(RANKING, tmp_path / "out.h5")
    assert names_in(tmp_path) == []


def test_file_that_another_program_made_meanwhile(tmp_path, monkeypatch):
    path = tmp_path / "out.h5"
    honest = Path.write_bytes

    def late(self, data):
        honest(path, b"theirs")
        honest(self, data)

    monkeypatch.setattr(Path, "write_bytes", late)
    with pytest.raises(FileExistsError, match="meanwhile"):
        save_nexus(RANKING, path)
    assert path.read_bytes() == b"theirs"
    assert names_in(tmp_path) == ["out.h5"]


def test_group_that_another_program_made_meanwhile(scan, monkeypatch):
    honest = nexus_output.publish

    def late(memory, target, **options):
        with h5py.File(scan, "r+") as file:
            file["entry/ranking/theirs"] = 1
        honest(memory, target, **options)

    monkeypatch.setattr(nexus_output, "publish", late)
    with pytest.raises(FileExistsError, match="exists already"):
        save_nexus(RANKING, scan)
    with h5py.File(scan) as file:
        assert list(file["entry/ranking"]) == ["theirs"]


def test_no_room_leaves_the_file_as_it_was(scan):
    before = scan.read_bytes()
    code = (
        "import resource, sys; sys.path.insert(0, sys.argv[2])\n"
        "from tests.support.made_up_rankings import ranking, stack; from ndreg_preeval.report.nexus import save_nexus\n"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({len(before)} + 10000,) * 2)\n"
        "try: save_nexus(ranking(stack('Ca-K', [0.9])), sys.argv[1])\n"
        "except OSError as error: print(error.errno, error)\n"
    )
    command = [sys.executable, "-c", code, str(scan), str(Path(__file__).resolve().parents[2])]
    done = subprocess.run(command, capture_output=True, timeout=300, check=True)
    assert b"cannot grow by" in done.stdout, done
    assert str(scan).encode() in done.stdout
    assert done.stderr == b""
    assert scan.read_bytes() == before


def test_threads_share_a_file(scan):
    failures = []

    def save(number):
        try:
            save_nexus(RANKING, f"{scan}::/scan/ranking {number}")
        except Exception as error:  # noqa: BLE001 - told below
            failures.append(error)

    threads = [threading.Thread(target=save, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with h5py.File(scan) as file:
        assert sorted(file["scan"]) == ["data", *(f"ranking {number}" for number in range(6))]


def test_dangling_link_becomes_a_file(tmp_path):
    link = tmp_path / "link.h5"
    link.symlink_to(tmp_path / "target.h5")
    save_nexus(RANKING, link)
    assert link.is_symlink()
    assert stacks_of(tmp_path / "target.h5", "entry/ranking") == ["Ca-K", "Fe-K"]


def test_ranking_in_the_file_of_its_stacks_is_no_stack(tmp_path):
    demo = make_demo(tmp_path / "demo.h5", n_images=3, shape=(32, 32))
    found = ndreg_preeval.find_stacks(demo.path)
    for url in (f"{demo.path}::/entry/ranking", f"{demo.path}::/other/ranking", f"{demo.uri}/ranking"):
        save_nexus(RANKING, url)
        assert ndreg_preeval.find_stacks(demo.path) == found


@pytest.fixture
def call(capsys):
    """The command in this process: (exit code, stdout, stderr)."""

    def called(*arguments):
        code = main(["rank", *map(str, arguments)])
        out, err = capsys.readouterr()
        return code, out, err

    return called


def test_command_line(tmp_path, call):
    demo = make_demo(tmp_path / "demo.h5", n_images=4, shape=(48, 48))
    out = tmp_path / "out.h5"
    assert call(demo.uri, "-q", "--nexus", f"{out}::/a/b", "--method", "robust") == (0, "", "")
    best = stacks_of(out, "a/b")[0]
    assert set(stacks_of(out, "a/b")) == set(demo.names)
    assert call(demo.uri, "-q", "--nexus", f"{out}::/a/b", "--overwrite", "--reference-stack", "K-K")[0] == 0
    with h5py.File(out) as file:
        assert "stacks" not in file["a/b"]
    # Beside the stacks themselves: a group is added, nothing is replaced.
    assert call(demo.uri, "-q", "--nexus", f"{demo.path}::/entry/ranking", "--method", "robust")[0] == 0
    assert stacks_of(demo.path, "entry/ranking")[0] == best


def test_command_line_checks_before_the_work(tmp_path, call, monkeypatch):
    demo = make_demo(tmp_path / "demo.h5", n_images=2, shape=(32, 32))
    taken, text = tmp_path / "taken.h5", tmp_path / "text.h5"
    save_nexus(RANKING, taken)
    text.write_text("no HDF5")

    def must_not_run(*_, **__):
        raise AssertionError("ranked in vain")

    monkeypatch.setattr(ndreg_preeval.ranking, "rank_stacks", must_not_run)
    before = [path.read_bytes() for path in (taken, text, Path(demo.path))]
    for options, message in (
        (("--nexus", taken), "'/entry/ranking' exists already"),
        (("--nexus", f"{demo.uri}", "--overwrite"), "is no ranking that ndreg_preeval wrote"),
        (("--nexus", f"{demo.uri}/Ca-K/x"), "is no group"),
        (("--nexus", text), "is no HDF5 file"),
        (("--nexus", tmp_path / "no" / "a.h5"), "its folder does not exist"),
        (("--nexus", tmp_path), "is a folder"),
        (("--nexus", tmp_path / "a", "--json", tmp_path / "a"), "two outputs cannot share it"),
        (("--nexus", "-"), "needs a file name"),
    ):
        code, out, err = call(demo.uri, *options)
        assert (code, out) == (1, ""), options
        assert message in err
        assert err.count("\n") == 1
    assert [path.read_bytes() for path in (taken, text, Path(demo.path))] == before
    assert names_in(tmp_path) == ["demo.h5", "taken.h5", "text.h5"]
    assert nexus_target.find_target(taken, overwrite=True).path == "/entry/ranking"
