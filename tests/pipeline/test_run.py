# SPDX-License-Identifier: MIT
from __future__ import annotations

import gc
import threading
import warnings
import weakref
from collections.abc import Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from numpy.typing import NDArray

from ndreg_preeval import Method, rank_stacks, score_stack
from ndreg_preeval.errors import RankingWarning
from ndreg_preeval.options import make_options
from ndreg_preeval.pipeline.batches import block_length, block_ranges
from ndreg_preeval.pipeline.core_scorer import make_scorer
from ndreg_preeval.pipeline.pairs import Pairs
from ndreg_preeval.pipeline.stack_state import StackInfo
from ndreg_preeval.stacks import Block
from tests.support.scenes import SHAPE, assert_same_numbers, drifting, three


@pytest.fixture(scope="module")
def stacks() -> dict[str, NDArray[np.float64]]:
    return three(n=23)


@pytest.fixture(scope="module")
def uris(stacks: dict[str, NDArray[np.float64]], tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    path = tmp_path_factory.mktemp("pipeline") / "scan.h5"
    with h5py.File(path, "w") as file:
        for name, stack in stacks.items():
            file.create_dataset(name, data=stack, chunks=(5, 16, 16))
    return {name: f"{path}::/{name}" for name in stacks}


def info(**changes: Any) -> StackInfo:
    fields = {"shape": (1000, 1024, 1024), "dtype": "uint16", "location": "", "precision": "single"}
    fields |= {"reference_image": 0, "images_per_chunk": 1, "bytes_per_image": 1 << 21, "warnings": ()}
    return StackInfo(**{**fields, **changes})


def test_block_ranges_cut_at_multiples() -> None:
    assert list(block_ranges(1, 12, 5)) == [(1, 5), (5, 10), (10, 12)]
    assert list(block_ranges(3, 3, 5)) == []


@pytest.mark.parametrize(
    ("changes", "memory_limit", "length"),
    [
        ({}, None, 8),  # two threads, four million pixels each
        ({}, 6 << 20, 3),
        ({}, 1024, 1),
        ({"images_per_chunk": 3}, None, 6),
        ({"images_per_chunk": 24}, None, 24),
        ({"images_per_chunk": 24}, 6 << 20, 3),  # the user's limit counts more than whole chunks
        ({"images_per_chunk": 1000}, None, 125),  # 2 GB of chunks would not stay bounded: eight parts
        ({"shape": (3, 1024, 1024)}, None, 3),
        ({"bytes_per_image": 0}, 1024, 8),
    ],
)
def test_block_length(changes: dict[str, Any], memory_limit: int | None, length: int) -> None:
    assert block_length(info(**changes), make_options(memory_limit=memory_limit), threads=2) == length


@pytest.mark.parametrize(
    ("pairing", "images", "references", "inside"),
    [
        ("reference", [0, 1, 3, 4], [2, 2, 2, 2], [(1, 2), (3, 4)]),
        ("previous", [1, 2, 3, 4], [0, 1, 2, 3], [(1, 4)]),
    ],
)
def test_pairs(pairing: Any, images: list[int], references: list[int], inside: list[tuple[int, int]]) -> None:
    pairs = Pairs.of(info(shape=(5, 8, 8), reference_image=2), make_options(pairing=pairing))
    assert [each.tolist() for each in pairs.indices()] == [images, references]
    assert [i for low, high in pairs.compared(0, 5) for i in range(low, high)] == images
    assert pairs.compared(1, 4) == inside
    assert pairs.compared(3, 3) == []
    alone = pairs.first_reference
    assert pairs.compared(alone, alone + 1) == []


def test_parts_of_blocks() -> None:
    pixels = np.arange(24.0).reshape(6, 2, 2)
    block = Block(pixels, pixels != 5)
    last = block.image(-1).copy()
    assert np.array_equal(last.images, pixels[5:])
    assert not np.shares_memory(last.images[0], pixels)
    joined = block.part(0, 2).after(Block(pixels[2:3], None))
    assert np.array_equal(joined.images, pixels[[2, 0, 1]])
    assert joined.mask is not None
    assert joined.mask.sum() == 11
    assert block.after(None) is block


@pytest.mark.parametrize("pairing", ["reference", "previous"])
@pytest.mark.parametrize("reference_image", [0, 7, -1])
@pytest.mark.parametrize(
    "run", ["file", "small blocks", "one thread", "many threads", "pool", "pool on file"]
)
def test_same_bits_however_it_runs(
    stacks: dict[str, NDArray[np.float64]], uris: dict[str, str], pairing: Any, reference_image: int, run: str
) -> None:
    options: dict[str, Any] = {"pairing": pairing, "reference_image": reference_image}
    expected = rank_stacks(stacks, **options)
    ways: dict[str, dict[str, Any]] = {
        "small blocks": {"memory_limit": 3 * 8 * SHAPE[0] * SHAPE[1]},
        "one thread": {"num_threads": 1},
        "many threads": {"num_threads": 7},
    }
    source: Any = uris if "file" in run or "blocks" in run else stacks
    with ThreadPoolExecutor(2) as pool:
        if "pool" in run:
            options["executor"] = pool
        with warnings.catch_warnings():
            # Chunks of 20 images do not fit into the memory for 3.
            warnings.filterwarnings("ignore", "stack '.*': A row of chunks takes", RankingWarning)
            result = rank_stacks(source, **options, **ways.get(run, {}))
    assert result.ranked_stack_names == expected.ranked_stack_names == ["clear", "fair", "poor"]
    for name, stack in expected.stacks.items():
        assert_same_numbers(result.stacks[name], stack)


@pytest.mark.parametrize(
    "method", ["peak_to_mean", "ewoksndreg", Method("confirmation", "minimum", None, 0.2)]
)
def test_same_bits_for_every_method(
    stacks: dict[str, NDArray[np.float64]], uris: dict[str, str], method: Any
) -> None:
    expected = rank_stacks(stacks, method=method)
    with ThreadPoolExecutor(2) as pool, pytest.warns(RankingWarning, match="every chunk was decoded"):
        result = rank_stacks(uris, method=method, executor=pool, memory_limit=1024)
    for name, stack in expected.stacks.items():
        assert_same_numbers(result.stacks[name], stack)


@pytest.mark.slow
def test_process_pool(stacks: dict[str, NDArray[np.float64]], uris: dict[str, str]) -> None:
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor

    expected = rank_stacks(stacks)
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as pool:
        for source in (stacks, uris):
            result = rank_stacks(source, executor=pool)
            for name, stack in expected.stacks.items():
                assert_same_numbers(result.stacks[name], stack)


def test_isolated(stacks: dict[str, NDArray[np.float64]], uris: dict[str, str]) -> None:
    expected = rank_stacks(stacks)
    result = rank_stacks({**uris, "clear": stacks["clear"]}, isolate=True)
    for name, stack in expected.stacks.items():
        assert_same_numbers(result.stacks[name], stack)
    assert_same_numbers(score_stack(uris["fair"], isolate=True), expected.stacks["fair"])


def test_isolated_errors_keep_their_class(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="stack 'gone'") as caught:
        rank_stacks({"gone": f"{tmp_path / 'no.h5'}::/a"}, isolate=True)
    assert caught.value.errno == 2


def test_a_child_that_dies_is_an_oserror() -> None:
    import os

    from ndreg_preeval.errors import naming_stack
    from ndreg_preeval.pipeline.in_child_process import InChildProcess

    with InChildProcess(make_options()) as engine, naming_stack("s"):
        child = engine.executor
        assert child.submit(abs, -3).result() == 3
        with pytest.raises(OSError, match="ended by signal 6"):
            child.submit(os.abort).result()
        assert child.submit(abs, -4).result() == 4  # in a new one


class InOrder(Executor):
    """Runs a call when its result is asked for, and remembers what was called and cancelled."""

    def __init__(self, workers: int | None = None) -> None:
        self._max_workers = workers
        self.futures: list[Any] = []

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        future = LateFuture(fn, args, kwargs)
        self.futures.append(future)
        return future


class LateFuture(Future[Any]):
    def __init__(self, fn: Any, args: Any, kwargs: Any) -> None:
        super().__init__()
        self.call = (fn, args, kwargs)
        self.asked = False

    def result(self, timeout: float | None = None) -> Any:
        self.asked = True
        fn, args, kwargs = self.call
        return fn(*args, **kwargs)


def test_jobs_in_flight_are_bounded() -> None:
    engine = InOrder(workers=2)
    most = 0

    def watch(done: int, total: int) -> None:
        nonlocal most
        most = max(most, sum(not future.asked for future in engine.futures))

    options: dict[str, Any] = {"memory_limit": 1024, "executor": engine, "progress": watch}
    rank_stacks({f"s{i}": drifting(0.1, n=9) for i in range(20)}, **options)
    assert len(engine.futures) >= 20
    assert most <= 4


def test_an_error_cancels_what_waits(uris: dict[str, str]) -> None:
    class Failing(InOrder):
        def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
            if len(self.futures) == 3:  # three descriptions were asked for, then come the blocks
                fn, args = _fail, ()
            return super().submit(fn, *args, **kwargs)

    engine = Failing()
    with pytest.raises(RuntimeError, match=r"stack 'poor'.*worker lost"):
        rank_stacks(uris, executor=engine)
    waiting = [future for future in engine.futures if not future.asked]
    assert waiting
    assert all(future.cancelled() for future in waiting)


def _fail() -> None:
    raise RuntimeError("worker lost")


@pytest.mark.filterwarnings("ignore:stack '.*'. A row of chunks takes")
def test_progress_counts_images(stacks: dict[str, NDArray[np.float64]], uris: dict[str, str]) -> None:
    for source, options in ((stacks, {}), (uris, {"memory_limit": 1024}), (uris, {"pairing": "previous"})):
        seen: list[tuple[int, int]] = []
        rank_stacks(source, progress=lambda *step, seen=seen: seen.append(step), **options)  # type: ignore[arg-type]
        assert seen[0] == (0, 66)
        assert seen[-1] == (66, 66)
        assert seen == sorted(seen)


@pytest.mark.parametrize("pairing", ["reference", "previous"])
@pytest.mark.parametrize("method", ["ewoksndreg", "peak_to_mean"])
@pytest.mark.parametrize("reference_image", [0, 11, -1])
def test_a_stack_in_memory_is_one_call(
    monkeypatch: pytest.MonkeyPatch, pairing: Any, method: str, reference_image: int
) -> None:
    """However long it is: at the end of every call some threads would wait for others."""
    stack = drifting(0.1, n=23)
    monkeypatch.setattr("ndreg_preeval.pipeline.batches.PIXELS_PER_CALL", stack[0].size * 4)
    options: dict[str, Any] = {"pairing": pairing, "method": method, "reference_image": reference_image}
    calls = _count_calls(monkeypatch)
    told: list[int] = []
    whole = score_stack(stack, num_threads=2, progress=lambda done, _: told.append(done), **options)
    assert calls == ["score_consecutive" if pairing == "previous" else "score"]
    assert (told[0], told[-1]) == (0, 22)
    calls.clear()
    # Masks that have to be joined are so block by block.
    mask = np.ones(SHAPE, np.bool_)
    masked = np.ma.MaskedArray(stack, np.zeros(stack.shape, np.bool_))
    assert_same_numbers(score_stack(masked, num_threads=2, mask=mask, **options), whole)
    assert len(calls) > 1
    assert_same_numbers(score_stack(list(masked), num_threads=2, mask=mask, **options), whole)


def _count_calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the functions of the core's scorers that are called from now on."""
    calls: list[str] = []

    class Counting:
        def __init__(self, scorer: Any) -> None:
            self._scorer = scorer

        def __getattr__(self, name: str) -> Any:
            if name.startswith("score"):
                calls.append(name)
            return getattr(self._scorer, name)

    monkeypatch.setattr(
        "ndreg_preeval.pipeline.pairs.make_scorer", lambda *a, **k: Counting(make_scorer(*a, **k))
    )
    return calls


def test_invalid_pixels_are_refused_by_the_right_name() -> None:
    stack = drifting(0.1, n=9)
    stack[7, 2, 3] = np.nan
    for options in ({}, {"reference_image": 4}, {"reference_image": -1}, {"pairing": "previous"}):
        with pytest.raises(ValueError, match="image 7: 1 pixels are NaN"):
            score_stack(stack, invalid="raise", **options)


def test_what_progress_raises_gets_through(stacks: dict[str, NDArray[np.float64]]) -> None:
    def interrupt(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rank_stacks(stacks, progress=interrupt)


def test_progress_is_a_bar_of_tqdm_and_leaves_nothing(
    stacks: dict[str, NDArray[np.float64]], capsys: pytest.CaptureFixture[str]
) -> None:
    threads = set(threading.enumerate())
    rank_stacks(stacks, progress=True)
    out, shown = capsys.readouterr()
    assert out == ""
    assert "/66 [" in shown
    assert "image/s" in shown
    assert "\n" not in shown  # the line is used again,
    assert shown.endswith("\r")  # and empty at the end
    assert not shown.split("\r")[-2].strip()
    assert set(threading.enumerate()) == threads
    with pytest.raises(TypeError, match="progress must be True or callable"):
        rank_stacks(stacks, progress=3)  # type: ignore[arg-type]


def test_progress_that_never_comes_shows_no_bar(
    stacks: dict[str, NDArray[np.float64]], capsys: pytest.CaptureFixture[str]
) -> None:
    rank_stacks(stacks, progress=True, reference_stack=next(iter(stacks)))
    assert capsys.readouterr() == ("", "")


def test_bad_engines_are_refused(stacks: dict[str, NDArray[np.float64]]) -> None:
    with pytest.raises(TypeError, match="executor must be"):
        rank_stacks(stacks, executor=ThreadPoolExecutor)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="isolate must be True or False"):
        rank_stacks(stacks, isolate=1)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="cannot be combined"):
        rank_stacks(stacks, isolate=True, executor=InOrder())


@pytest.mark.filterwarnings("ignore:.*all the same:ndreg_preeval.RankingWarning")
def test_memory_is_bounded_by_the_block() -> None:
    import tracemalloc

    stack = np.broadcast_to(drifting(0.1, n=1, shape=(64, 64)), (4_000, 64, 64))
    for pairing in ("reference", "previous"):
        tracemalloc.start()
        score = score_stack(stack, pairing=pairing)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert len(score.values) == 3_999
        assert peak < 20 << 20  # the stack has 131 MB


def test_nothing_stays_open_or_alive(uris: dict[str, str]) -> None:
    threads = threading.active_count()
    descriptors = set(_descriptors())
    array = drifting(0.1, n=23)
    alive = weakref.ref(array)
    gc.disable()
    try:
        rank_stacks({"a": array, **uris})
        with pytest.raises(ValueError, match="stack 'b'"):
            rank_stacks({"a": array, **uris, "b": np.zeros((2, 2))})
        del array
        assert alive() is None  # no reference cycle held it
    finally:
        gc.enable()
    assert set(_descriptors()) == descriptors
    assert threading.active_count() == threads


def _descriptors() -> Iterator[str]:
    for each in Path("/proc/self/fd").iterdir():
        try:
            yield f"{each.name} {each.readlink()}"
        except FileNotFoundError:  # the one that lists the folder
            continue


def test_a_stack_whose_length_shrinks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between checking and reading, where too many files are ranked to keep them open."""
    monkeypatch.setattr("ndreg_preeval.pipeline.in_process.SOURCES_KEPT_OPEN", 0)
    path = tmp_path / "live.h5"
    with h5py.File(path, "w") as file:
        file.create_dataset("a", data=drifting(0.1, n=6), maxshape=(None, *SHAPE))

    def resize(length: int) -> Any:
        def change(done: int, total: int) -> None:
            if done == 0:
                with h5py.File(path, "a") as file:
                    file["a"].resize(length, axis=0)

        return change

    assert score_stack(f"{path}::/a", progress=resize(8)).n_images == 6
    with pytest.raises(ValueError, match=r"its shape changed from \(8, 32, 40\) to \(4, 32, 40\)"):
        score_stack(f"{path}::/a", progress=resize(4), name="live")
