# SPDX-License-Identifier: MIT
"""One rule for output files: nothing is replaced unasked, and no input ever."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import h5py
import pytest

import ndreg_preeval
import ndreg_preeval.ranking
from ndreg_preeval.atomic_write import write_text
from ndreg_preeval.cli.demo import make_demo
from ndreg_preeval.cli.demo_files import is_demo_data, is_demo_figure
from ndreg_preeval.cli.main import main
from tests.support.made_up_rankings import names_in
from tests.support.scenes import three

OPTIONS = ("--json", "--csv", "--plot", "--html", "--nexus")


@pytest.fixture(scope="module")
def stacks(tmp_path_factory: pytest.TempPathFactory) -> str:
    return make_demo(tmp_path_factory.mktemp("outputs") / "a.h5", n_images=2, shape=(32, 32)).uri


@pytest.fixture
def ranks_in_vain(monkeypatch: pytest.MonkeyPatch) -> None:
    def must_not_run(*_: Any, **__: Any) -> None:
        raise AssertionError("ranked in vain")

    monkeypatch.setattr(ndreg_preeval.ranking, "rank_stacks", must_not_run)


def call(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    code = main([str(word) for word in words])
    out, err = capsys.readouterr()
    return code, out, err


def file_name(option: str) -> str:
    return {"--json": "r.json", "--csv": "r.csv", "--plot": "r.png", "--html": "r.html", "--nexus": "r.h5"}[
        option
    ]


@pytest.mark.parametrize("option", OPTIONS)
def test_a_file_that_exists_is_refused_before_the_work(
    option: str,
    stacks: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = tmp_path / file_name(option)
    assert call(capsys, "rank", stacks, option, path)[0] == 0
    before = path.read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr(ndreg_preeval.ranking, "rank_stacks", None)
        code, out, err = call(capsys, "rank", stacks, option, path)
        assert (code, out, err.count("\n")) == (1, "", 1)
        assert str(path) in err
        assert "--overwrite" in err
        assert path.read_bytes() == before
    assert call(capsys, "rank", stacks, option, path, "--overwrite")[0] == 0
    assert names_in(tmp_path) == [path.name]


@pytest.mark.usefixtures("ranks_in_vain")
def test_links_and_odd_places(stacks: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("mine")
    (tmp_path / "to_file").symlink_to("file")
    (tmp_path / "to_folder").symlink_to(".")
    (tmp_path / "to_nowhere").symlink_to("no/where")
    (tmp_path / "loop").symlink_to("loop")
    os.link(tmp_path / "file", tmp_path / "hard")
    for words, said in (
        (("--json", "to_file"), "to_file' (--json) exists"),
        (("--json", "to_folder", "--overwrite"), "is a folder"),
        (("--json", "to_nowhere"), "its folder does not exist"),
        (("--json", "loop"), "loop"),
        (("--json", "file/a.json"), "file/a.json"),
        (("--json", "n" * 300), "--json"),
        (("--json", "file", "--csv", "hard", "--overwrite"), "are one file"),
        (("--json", "new", "--csv", "to_folder/new"), "are one file"),
        (("--json", "file", "--csv", "to_file", "--overwrite"), "are one file"),
        (("--html", "new.h5", "--nexus", "new.h5::/entry/ranking"), "are one file"),
        (("--json", "file", "--csv", "hard"), "are one file"),
    ):
        given = [word if word.startswith("-") else f"{tmp_path}/{word}" for word in words]
        code, out, err = call(capsys, "rank", stacks, *given)
        assert (code, out, err.count("\n")) == (1, "", 1), words
        assert said in err, words
    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.usefixtures("ranks_in_vain")
def test_names_of_no_file(stacks: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An empty name is that of a variable of the shell that was not set."""
    for option in OPTIONS:
        for name, said in (("", ""), (f"{tmp_path}/folder/", "folder")):
            code, out, err = call(capsys, "rank", stacks, option, name)
            assert (code, out, err.count("\n")) == (1, "", 1), (option, name)
            assert said in err
    for name in ("", "-", "/dev/stdout", "/dev/null"):
        code, out, err = call(capsys, "demo", "--output", name)
        assert (code, out, err.count("\n")) == (1, "", 1), name
        assert "--output" in err
    assert names_in(tmp_path) == []


def test_pipes_and_devices_are_written_to(
    stacks: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(capsys, "rank", stacks, "--json", "/dev/null", "--csv", "/dev/null")[0] == 0
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read: list[str] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_text()))
    reader.start()
    assert call(capsys, "rank", stacks, "--csv", pipe)[0] == 0
    reader.join()
    assert read[0].startswith("rank,stack,")


@pytest.mark.parametrize("name", ["-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"])
def test_the_standard_output_by_any_name(name: str, stacks: str, tmp_path: Path) -> None:
    if name != "-" and not os.path.exists(name):  # noqa: PTH110
        pytest.skip(f"this system has no {name}")
    command = [sys.executable, "-m", "ndreg_preeval", "rank", stacks, "--csv", name]
    path = tmp_path / "sent.csv"
    with path.open("w") as file:
        done = subprocess.run(command, stdout=file, stderr=subprocess.PIPE, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    assert path.read_text().startswith("rank,stack,")
    assert "Reference stack" not in path.read_text()
    assert names_in(tmp_path) == ["sent.csv"]


def test_what_came_meanwhile_stays(
    stacks: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = ndreg_preeval.ranking.rank_stacks
    path = tmp_path / "a.json"

    def slow(*args: Any, **options: Any) -> Any:
        path.write_text("of another program")
        return honest(*args, **options)

    monkeypatch.setattr(ndreg_preeval.ranking, "rank_stacks", slow)
    code, _, err = call(capsys, "rank", stacks, "--json", path, "--csv", tmp_path / "a.csv")
    assert code == 1
    assert "exists and is not to be replaced" in err
    assert str(path) in err
    assert path.read_text() == "of another program"
    # The work is not lost with it.
    assert names_in(tmp_path) == ["a.csv", "a.json"]


def test_inputs_are_never_replaced(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    truth = make_demo(tmp_path / "a.h5", n_images=2, shape=(32, 32))
    before = Path(truth.path).read_bytes()
    for option in OPTIONS[:2] + OPTIONS[3:4]:
        for uri in (truth.uri, str(tmp_path / "*.h5::/entry/fit/results/{stack}")):
            code, _, err = call(capsys, "rank", uri, option, truth.path, "--overwrite")
            assert code == 1
            assert "is an input" in err
    assert Path(truth.path).read_bytes() == before


def test_demo_replaces_what_it_made_and_nothing_else(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    data, figure = Path("ndreg_preeval_demo.h5"), Path("ndreg_preeval_demo.png")
    assert call(capsys, "demo")[0] == 0
    assert is_demo_data(str(data))
    assert is_demo_figure(str(figure))
    assert call(capsys, "demo", "--seed", "1")[0] == 0
    for path, others in ((figure, b"a picture"), (data, b"data")):
        own = path.read_bytes()
        path.write_bytes(others)
        code, out, err = call(capsys, "demo")
        assert (code, out) == (1, "")
        assert f"{path.name!r}" in err
        assert path.read_bytes() == others
        path.write_bytes(own)
    # What somebody put into the file is not demo's any more.
    assert call(capsys, "rank", data, "--nexus", data)[0] == 0
    assert call(capsys, "demo")[0] == 1
    assert call(capsys, "demo", "--overwrite")[0] == 0
    assert is_demo_data(str(data))


def test_files_of_demo(tmp_path: Path) -> None:
    truth = make_demo(tmp_path / "a.h5", n_images=2, shape=(32, 32))
    assert is_demo_data(truth.path)
    with h5py.File(truth.path, "r+") as file:
        file["mine"] = 1
    assert not is_demo_data(truth.path)
    ranking = ndreg_preeval.rank_stacks(three())
    for ending in ("png", "svg", "pdf"):
        path = tmp_path / f"figure.{ending}"
        assert main(["demo", "--output", str(tmp_path / "b.h5"), "--plot", str(path)]) == 0
        assert is_demo_figure(str(path))
        ranking.plot(tmp_path / f"other.{ending}")
        assert not is_demo_figure(str(tmp_path / f"other.{ending}"))
    for path in (tmp_path, tmp_path / "nothing", Path("/dev/null"), Path("a\0b")):
        assert not is_demo_data(str(path))
        assert not is_demo_figure(str(path))


def test_functions_replace_unless_told_otherwise(tmp_path: Path) -> None:
    ranking = ndreg_preeval.rank_stacks(three())
    for name, write in (
        ("a.json", ranking.save_json),
        ("a.csv", ranking.to_csv),
        ("a.html", ranking.save_html),
        ("a.png", ranking.plot),
    ):
        path = tmp_path / name
        write(path, overwrite=False)
        write(path)
        before = path.read_bytes()
        with pytest.raises(FileExistsError, match=name):
            write(path, overwrite=False)
        assert path.read_bytes() == before
    ranking.save_nexus(tmp_path / "a.h5")
    with pytest.raises(FileExistsError):
        ranking.save_nexus(tmp_path / "a.h5")
    assert names_in(tmp_path) == ["a.csv", "a.h5", "a.html", "a.json", "a.png"]


@pytest.mark.parametrize("links", [True, False])
def test_a_new_file_never_replaces_one_that_comes_meanwhile(
    links: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not links:

        def refuse(*_: Any, **__: Any) -> None:
            raise PermissionError(1, "no links here")

        monkeypatch.setattr(os, "link", refuse)
    path = tmp_path / "a"
    write_text(path, "one", overwrite=False)
    assert path.read_text() == "one"
    path.unlink()
    real = Path.open

    def slow(self: Path, *args: Any, **more: Any) -> Any:
        if self.name.endswith(".part"):
            path.write_bytes(b"another")
        return real(self, *args, **more)

    monkeypatch.setattr(Path, "open", slow)
    with pytest.raises(FileExistsError, match="meanwhile"):
        write_text(path, "two", overwrite=False)
    assert path.read_bytes() == b"another"
    assert names_in(tmp_path) == ["a"]
