# SPDX-License-Identifier: MIT
"""Stacks at fault before they are opened: the error names them, or they are ranked last."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.faults import BOMBS, FAULTS, Fault
from tests.faults.damage import write
from tests.faults.outcome import Outcome, attempt, check_error, check_last, with_bad
from tests.support.effort import counted

pytestmark = pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="counts descriptors as Linux does")

HERE = [name for name, fault in FAULTS.items() if not fault.apart]
APART = [name for name, fault in FAULTS.items() if fault.apart]
SOME = ("file cut in the middle", "no dataset", "noise in a chunk of gzip", "soft links in a cycle")


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("name", HERE)
def test_the_error_names_what_is_at_fault(tmp_path: Path, name: str, threads: int) -> None:
    stacks = with_bad(FAULTS[name].build(tmp_path))
    check_error(attempt(stacks, num_threads=threads), FAULTS[name])


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("name", HERE)
def test_ranked_last(tmp_path: Path, name: str, threads: int) -> None:
    stacks = with_bad(FAULTS[name].build(tmp_path))
    raised = attempt(stacks, num_threads=threads, on_error="raise")
    check_last(attempt(stacks, num_threads=threads, on_error="rank_last"), raised)


@pytest.mark.parametrize("name", [name for name in HERE if FAULTS[name].image is not None])
def test_without_optional_decoders(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where HDF5 has to decode, errors are no fewer."""
    monkeypatch.setitem(sys.modules, "imagecodecs", None)
    check_error(attempt(with_bad(FAULTS[name].build(tmp_path))), FAULTS[name])


@pytest.mark.parametrize("engine", ["executor", "isolate"])
@pytest.mark.parametrize("name", SOME)
def test_elsewhere(tmp_path: Path, name: str, engine: str) -> None:
    stacks = with_bad(FAULTS[name].build(tmp_path))
    if engine == "isolate":
        check_both(FAULTS[name], stacks, isolate=True)
        return
    with ThreadPoolExecutor(2) as pool:
        together = threading.Barrier(2)
        list(pool.map(lambda _: together.wait(), range(2)))  # its threads are no left-overs
        check_both(FAULTS[name], stacks, executor=pool)


def check_both(fault: Fault, stacks: Any, **options: Any) -> None:
    raised = attempt(stacks, **options)
    check_error(raised, fault)
    check_last(attempt(stacks, on_error="rank_last", **options), raised)


CHILD = """
import json, pathlib, sys
sys.path.insert(0, sys.argv[1])
from tests.faults import FAULTS
from tests.faults.outcome import attempt, check_error, check_last, with_bad
fault, folder = FAULTS[sys.argv[2]], pathlib.Path(sys.argv[3])
stacks = with_bad(fault.build(folder))
raised = attempt(stacks, num_threads=int(sys.argv[4]))
check_error(raised, fault)
if sys.argv[5] == "rank_last":
    check_last(attempt(stacks, num_threads=int(sys.argv[4]), on_error="rank_last"), raised)
print(json.dumps(raised.message))
"""


@pytest.mark.parametrize("mode", ["raise", "rank_last"])
@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("name", APART)
def test_what_crashes_hdf5_is_a_named_error(tmp_path: Path, name: str, threads: int, mode: str) -> None:
    arguments = [str(Path(__file__).resolve().parents[2]), name, str(tmp_path), str(threads), mode]
    done = subprocess.run(
        [sys.executable, "-c", CHILD, *arguments], capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, f"status {done.returncode}: {done.stderr[-2000:]}"
    assert "stack 'bad'" in json.loads(done.stdout)


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("codec", BOMBS)
def test_bombs_take_neither_memory_nor_effort(tmp_path: Path, codec: str, threads: int) -> None:
    fault = FAULTS[f"a gigabyte in a chunk of {codec}"]
    stacks = with_bad(fault.build(tmp_path))
    attempt(with_bad(stacks["fair"]), num_threads=threads)  # everything is loaded
    before = forget_peak()
    with counted() as effort:
        check_error(attempt(stacks, num_threads=threads), fault)
    grown = peak() - before
    assert grown < 300 << 20, f"{grown >> 20} MB"
    # A gigabyte in pieces would be many calls; the file is read no more than once.
    assert effort.calls < 40_000
    assert effort.read < (tmp_path / "bad.h5").stat().st_size + 1_000_000
    assert effort.memory < 32 << 20


def forget_peak() -> int:
    """Let the system measure the most memory anew."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        pytest.skip("the peak of memory cannot be reset here")
    return peak()


def peak() -> int:
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) << 10


@pytest.mark.parametrize("threads", [1, 2])
def test_every_stack_at_fault(tmp_path: Path, threads: int) -> None:
    names = ("no dataset", "noise in a chunk of gzip", "file cut in the middle")
    stacks: dict[Any, Any] = {}
    for number, name in enumerate(names):
        (tmp_path / str(number)).mkdir()
        stacks[f"bad {number}"] = FAULTS[name].build(tmp_path / str(number))
    first = attempt(stacks, num_threads=threads)
    found = attempt(stacks, num_threads=threads, on_error="rank_last")
    assert type(found.error) is ValueError, found
    for name in stacks:
        assert repr(name) in found.message
    cause = found.error.__cause__
    assert type(cause) is KeyError
    assert str(cause) == str(first.error)


def test_two_at_fault_of_three(tmp_path: Path) -> None:
    uri = FAULTS["half of a chunk of gzip"].build(tmp_path)
    stacks = {**with_bad(uri), "gone": str(tmp_path / "gone.h5") + "::/a"}
    found = attempt(stacks, on_error="rank_last")
    assert found.ranking is not None, found.error
    assert found.ranking.ranked_stack_names == ["clear", "fair", "bad", "gone"]
    assert [bool(each.error) for each in found.ranking.stack_scores] == [False, False, True, True]


def test_nothing_at_fault(tmp_path: Path) -> None:
    stacks = with_bad(write(tmp_path / "bad.h5", codec="gzip"))
    usual, found = attempt(stacks), attempt(stacks, on_error="rank_last")
    assert usual.ranking is not None
    assert found.ranking is not None
    assert found.warned == usual.warned
    assert str(found.ranking) == str(usual.ranking)
    assert not any(stack.error for stack in found.ranking.stack_scores)


class Hostile:
    """A stack in memory that cannot be read."""

    shape = (5, 32, 40)
    dtype = "f8"

    def __init__(self, error: BaseException) -> None:
        self.error = error

    def __getitem__(self, _: Any) -> Any:
        raise self.error


@pytest.mark.parametrize("error", [MemoryError("none left"), KeyboardInterrupt(), SystemExit(3)], ids=repr)
def test_what_is_no_fault_of_a_stack_is_always_raised(error: BaseException) -> None:
    from ndreg_preeval import rank_stacks

    with pytest.raises(type(error)) as caught:
        rank_stacks(with_bad(Hostile(error)), on_error="rank_last")
    assert caught.value is error


@pytest.mark.parametrize("kind", [OSError, KeyError, ValueError, TypeError, RuntimeError, ZeroDivisionError])
def test_array_likes_at_fault(kind: type[Exception]) -> None:
    stacks = with_bad(Hostile(kind("does not work")))
    raised: Outcome = attempt(stacks)
    assert type(raised.error) is kind
    stacks = with_bad(Hostile(kind("does not work")))
    check_last(attempt(stacks, on_error="rank_last"), raised)


@pytest.mark.parametrize(("value", "kind"), [("ignore", ValueError), (None, ValueError), (1, TypeError)])
def test_other_values_are_refused(value: Any, kind: type[Exception]) -> None:
    from ndreg_preeval import rank_stacks

    with pytest.raises((ValueError, TypeError), match="on_error"):
        rank_stacks(with_bad(with_bad(None)["fair"]), on_error=value)
