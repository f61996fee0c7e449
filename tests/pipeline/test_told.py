# SPDX-License-Identifier: MIT
"""The log: how stacks were read and where they were scored; silent, and not made, unless somebody asks."""

from __future__ import annotations

import io
import logging
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from ndreg_preeval import rank_stacks, score_stack
from ndreg_preeval.cli.main import main
from ndreg_preeval.log import LOGGER
from ndreg_preeval.progress import Bar, write_above_bars
from ndreg_preeval.stacks import StackSource
from tests.support.scenes import three

pytestmark = pytest.mark.filterwarnings("ignore::ndreg_preeval.RankingWarning")

STACK = three()["clear"].astype("f4")


def told(caplog: pytest.LogCaptureFixture, value: Any, **options: Any) -> str:
    """What is logged of one stack, a line for each record."""
    caplog.clear()
    with caplog.at_level(logging.DEBUG, "ndreg_preeval"):
        rank_stacks({"Ca": value}, **options)
    assert {record.name for record in caplog.records} == {"ndreg_preeval"}
    return "\n".join(record.getMessage() for record in caplog.records)


def chunked(file: h5py.File) -> None:
    file.create_dataset("a", data=STACK, chunks=(1, *STACK.shape[1:]), compression="gzip", shuffle=True)


def contiguous(file: h5py.File) -> None:
    file["a"] = STACK


def plain_chunks(file: h5py.File) -> None:
    file.create_dataset("a", data=STACK, chunks=(2, *STACK.shape[1:]))


def virtual(file: h5py.File) -> None:
    file["b"] = STACK
    layout = h5py.VirtualLayout(STACK.shape, STACK.dtype)
    layout[:] = h5py.VirtualSource(file["b"])
    file.create_virtual_dataset("a", layout)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (chunked, "decoded outside HDF5's lock: shuffle by numpy, deflate by "),
        (contiguous, "contiguous pixels of HDF5, read outside HDF5's lock"),
        (plain_chunks, "HDF5 chunks of 2 x"),
        (virtual, "a virtual dataset, put together here"),
    ],
)
def test_hdf5(
    make: Callable[[h5py.File], None], said: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        make(file)
    text = told(caplog, f"{tmp_path}/a.h5::/a")
    assert said in text
    n, height, width = STACK.shape
    assert f"'Ca': {n} images of {height} x {width}, float32, from {tmp_path}/a.h5::/a" in text
    assert "scored in this process" in text
    assert f"of {n - 1} images again in double precision" in text
    assert f"h5py {h5py.__version__} is in use" in text


def test_why_libhdf5(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        (tmp_path / "raw").write_bytes(STACK.tobytes())
        file.create_dataset(
            "a", STACK.shape, STACK.dtype, external=[(str(tmp_path / "raw"), 0, STACK.nbytes)]
        )
    text = told(caplog, f"{tmp_path}/a.h5::/a")
    assert "read by libhdf5 under its lock, since its pixels are in an external file" in text
    assert "one thread reads it" in text


@pytest.mark.parametrize(
    ("value", "said"),
    [(STACK, "taken as they are"), (list(STACK), "pixels in memory")],
    ids=["array", "list"],
)
def test_memory(value: Any, said: str, caplog: pytest.LogCaptureFixture) -> None:
    text = told(caplog, value)
    assert said in text
    assert "float32, from memory" in text


def test_files_of_numpy(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    np.save(tmp_path / "a.npy", STACK)
    assert "read by numpy" in told(caplog, f"{tmp_path}/a.npy")


def test_executors(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    np.save(tmp_path / "a.npy", STACK)
    with ThreadPoolExecutor(2) as pool:
        text = told(caplog, f"{tmp_path}/a.npy", executor=pool)
    assert "scored on ThreadPoolExecutor, whose workers log where they are" in text
    assert "read by numpy" in text


def test_a_child_process(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    np.save(tmp_path / "a.npy", STACK)
    assert "scored in a child process, which logs nothing" in told(caplog, f"{tmp_path}/a.npy", isolate=True)


def test_nothing_is_said_or_made_unasked(monkeypatch: pytest.MonkeyPatch) -> None:
    def must_not_run(_: StackSource) -> str:
        raise AssertionError("made in vain")

    monkeypatch.setattr(StackSource, "how_read", must_not_run)
    before = LOGGER.level
    LOGGER.setLevel(logging.WARNING)  # pytest asks for INFO
    try:
        assert score_stack(STACK).n_images == len(STACK)
    finally:
        LOGGER.setLevel(before)
    code = (
        "import numpy as np, warnings, ndreg_preeval; warnings.simplefilter('ignore')\n"
        "ndreg_preeval.score_stack(np.random.default_rng(0).normal(size=(3, 32, 32)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=300, check=True)
    assert (done.stdout, done.stderr) == (b"", b"")


def test_on_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    np.save(tmp_path / "a.npy", STACK)
    before = (LOGGER.level, list(LOGGER.handlers))
    printed = []
    for words in ([], ["-v"], ["-vv"]):
        assert main(["rank", f"Ca={tmp_path}/a.npy", "--csv", "-", *words]) == 0
        out, err = capsys.readouterr()
        printed.append(out)
        lines = [line for line in err.splitlines() if not line.startswith("warning: ")]
        assert any("read by numpy" in line for line in lines) == bool(words)
        assert any(line.startswith("debug: ") for line in lines) == (words == ["-vv"])
        assert all(line.startswith(("info: ", "debug: ")) for line in lines)
    assert printed[0] == printed[1] == printed[2]
    assert (LOGGER.level, list(LOGGER.handlers)) == before


def test_lines_above_a_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = io.StringIO()
    monkeypatch.setattr(sys, "stderr", shown)
    bar = Bar()
    bar(3, 12)
    write_above_bars("info: a line")
    bar(4, 12)
    bar.close()
    text = shown.getvalue()
    assert "\rinfo: a line\n" in text.replace(" " * 3, "") or "info: a line\n" in text
    before = text.partition("info: a line")[0].rpartition("\r")[2]
    assert not before.strip()  # no piece of a bar stands in its line
