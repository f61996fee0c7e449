# SPDX-License-Identifier: MIT
"""Stacks made of files: the same numbers as of the array, and a named error for everything else."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import textwrap
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from ndreg_preeval import RankingWarning, rank_stacks, score_stack
from ndreg_preeval.options import Limits
from ndreg_preeval.stacks import Hdf5ImageSpec, ImageFilesSpec, resolve_stack
from tests.support.image_files import SHAPE, WRITERS, N, hdf5_files, pixels, tiff_files
from tests.support.scenes import assert_same_numbers, three

pytest.importorskip("tifffile")

FORMATS = sorted(WRITERS)


def spec_of(items: Any, **limits: Any) -> ImageFilesSpec:
    found = resolve_stack(items, limits=Limits(**limits))
    assert isinstance(found, ImageFilesSpec)
    return found


@pytest.fixture(params=FORMATS)
def files(request: pytest.FixtureRequest, tmp_path: Path) -> list[str]:
    return WRITERS[request.param](tmp_path, pixels())


# ------------------------------------------------------------------ the same numbers


@pytest.mark.parametrize(
    "options", [{}, {"pairing": "previous"}, {"precision": "single"}, {"num_threads": 1}]
)
def test_files_give_the_numbers_of_the_array(files: list[str], options: dict[str, Any]) -> None:
    assert_same_numbers(score_stack(files, **options), score_stack(pixels(), **options))


@pytest.mark.parametrize(
    "kind", [list, tuple, np.array, lambda items: [Path(item.partition("::")[0]) for item in items]]
)
def test_any_sequence_of_uris_is_one_stack(tmp_path: Path, kind: Any) -> None:
    given = kind(tiff_files(tmp_path, pixels()))
    assert_same_numbers(score_stack(given), score_stack(pixels()))
    ranking = rank_stacks({"a": given, "b": pixels()}, reference_image=3)
    assert ranking.scores["a"] == ranking.scores["b"]


@pytest.mark.parametrize("threads", [1, 2, 3, 8])
@pytest.mark.parametrize("step", [1, 2, 5, N])
def test_blocks_and_threads_make_no_difference(files: list[str], threads: int, step: int) -> None:
    stack = pixels()
    with spec_of(files).open() as source, ThreadPoolExecutor(threads) as pool:
        assert source.shape == stack.shape
        assert source.dtype == stack.dtype
        assert source.concurrent
        for start in range(0, N, step):
            pending = source.start_reading(start, min(start + step, N))
            for each in [pool.submit(task.run) for task in pending.tasks]:
                each.result()
            block = pending.block()
            assert block.mask is None
            np.testing.assert_array_equal(block.images, stack[start : start + step])
            pending.release()
        assert source.warnings == source.warnings_while_reading() == ()


def test_a_small_memory_limit_makes_no_difference(files: list[str]) -> None:
    expected = score_stack(pixels())
    assert_same_numbers(score_stack(files, memory_limit=3 * pixels()[0].nbytes, num_threads=2), expected)


def test_a_mask_and_progress_are_as_of_the_array(files: list[str]) -> None:
    mask = np.ones(SHAPE, bool)
    mask[3:9, 5:20] = False
    told: list[tuple[int, int]] = []
    found = score_stack(files, mask=mask, progress=lambda *each: told.append(each))
    assert_same_numbers(found, score_stack(pixels(), mask=mask))
    assert told[-1] == (N - 1, N - 1)


@pytest.mark.parametrize("dtypes", ["<u2 >u2", "u1 u2", "i1 u2 f4", "f4 f8", "u2 >f4", "?", ">u2", ">f8 >f8"])
@pytest.mark.parametrize("form", FORMATS)
def test_types_may_be_mixed(tmp_path: Path, form: str, dtypes: str) -> None:
    kinds = dtypes.split()
    images = [
        pixels(dtype=kinds[index % len(kinds)] if kinds != ["?"] else "u2")[index] for index in range(N)
    ]
    if kinds == ["?"]:
        images = [image > 500 for image in images]
    if form == "TIFF":
        names = []
        for index, image in enumerate(images):
            (tmp_path / str(index)).mkdir()
            order = ">" if image.dtype.byteorder == ">" else "<"
            names += tiff_files(tmp_path / str(index), [image], byteorder=order)
    else:
        names = hdf5_files(tmp_path, images)
    with spec_of(names).open() as source, resolve_stack(images, limits=Limits()).open() as memory:
        assert source.dtype == memory.dtype
    assert_same_numbers(score_stack(names), score_stack(images))


@pytest.mark.filterwarnings("ignore:.*5 pixels NaN")
def test_formats_and_arrays_may_be_mixed(tmp_path: Path) -> None:
    stack = pixels()
    masked = np.ma.masked_array(stack[2], np.zeros(SHAPE, bool))
    masked[4:9, 7] = np.ma.masked
    nested = stack[3].tolist()
    images = [*hdf5_files(tmp_path, stack[:1]), *tiff_files(tmp_path, stack)[1:2], masked, nested, *stack[4:]]
    memory = [*stack[:2], masked, nested, *stack[4:]]
    for options in ({}, {"num_threads": 1}, {"pairing": "previous"}):
        assert_same_numbers(score_stack(images, **options), score_stack(memory, **options))


def test_open_datasets_may_stand_between_files(tmp_path: Path) -> None:
    names = hdf5_files(tmp_path, pixels())
    with h5py.File(tmp_path / "im_1.h5") as h5:
        images = [names[0], h5["/1.1/Ca"], *names[2:]]
        assert_same_numbers(score_stack(images), score_stack(pixels()))


def test_executors_and_isolation_make_no_difference(files: list[str]) -> None:
    expected = score_stack(pixels())
    with ThreadPoolExecutor(2) as threads, ProcessPoolExecutor(2) as processes:
        for executor in (threads, processes):
            assert_same_numbers(score_stack(files, executor=executor), expected)
        mixed: list[Any] = [*files[:4], *pixels()[4:]]
        assert_same_numbers(score_stack(mixed, executor=processes), expected)
    assert_same_numbers(score_stack(files, isolate=True), expected)


def test_specs_pickle_small(files: list[str]) -> None:
    spec = spec_of(files * 20)
    data = pickle.dumps(spec)
    assert len(data) < 20 * N * 300
    with pickle.loads(data).open() as source:
        np.testing.assert_array_equal(source.read(0, N).images, pixels())


def test_a_stack_opened_again_looks_at_images_when_they_are_read(files: list[str]) -> None:
    spec = spec_of(files)
    with spec.open() as source:
        shape, dtype = source.shape, source.dtype
    Path(files[0].partition("::")[0]).unlink()
    with spec.open_again(shape, dtype) as source:
        np.testing.assert_array_equal(source.read(1, N).images, pixels()[1:])
        with pytest.raises(FileNotFoundError, match=r"im_0.*image 0"):
            source.read(0, 1)


# ------------------------------------------------------------------ what is at fault


def test_a_missing_file_is_named(files: list[str]) -> None:
    Path(files[4].partition("::")[0]).unlink()
    with pytest.raises(FileNotFoundError, match=r"image 4: .*im_4\."):
        score_stack(files)


def test_unequal_shapes_are_named(tmp_path: Path) -> None:
    names = hdf5_files(tmp_path, [*pixels()[:3], pixels()[3][:, :-1]])
    with pytest.raises(ValueError, match=r"im_3\.h5::/1\.1/Ca, image 3: .*\(40, 56\).*im_0\.h5.*\(40, 55\)"):
        score_stack(names)


def test_limits_hold_for_the_whole_stack(files: list[str]) -> None:
    each = pixels()[0].nbytes
    with spec_of(files, stack_bytes=N * each).open():
        pass
    with pytest.raises(ValueError, match=r"stack_bytes"):
        spec_of(files, stack_bytes=N * each - 1).open()
    with pytest.raises(ValueError, match=r"image 0.*image_bytes"):
        spec_of(files, image_bytes=8 * SHAPE[0] * SHAPE[1] - 1).open()


def test_an_empty_list_is_no_stack() -> None:
    with pytest.raises(ValueError, match=r"holds no image"):
        score_stack([])


@pytest.mark.parametrize("axis", [1, 2, -1])
def test_images_count_themselves(files: list[str], axis: int) -> None:
    found = score_stack(files, image_axis=axis)
    assert_same_numbers(found, score_stack(pixels()))
    assert any(f"image_axis={axis}" in text for text in found.warnings)


def test_an_axis_in_the_uri_of_an_image_is_refused(files: list[str]) -> None:
    joint = "&" if "::" in files[1] else "?"
    with pytest.raises(ValueError, match=r"image 1.*axis=0"):
        score_stack([files[0], f"{files[1]}{joint}axis=0", *files[2:]])


def test_a_broken_stack_is_ranked_last(files: list[str]) -> None:
    stacks: dict[str, Any] = {**three(), "files": files[:5]}
    Path(files[2].partition("::")[0]).unlink()
    with pytest.warns(RankingWarning, match=r"could not be read.*im_2\."):
        ranking = rank_stacks(stacks, on_error="rank_last")
    assert ranking.ranked_stack_names == ["clear", "fair", "poor", "files"]


# ------------------------------------------------------------------ files that change


def replace(uri: str, image: Any) -> None:
    file, _, path = uri.partition("::")
    if path:
        with h5py.File(file, "w") as h5:
            h5.create_dataset("before", data=np.arange(5000))  # so that the pixels lie elsewhere
            h5[path] = image
    else:
        import tifffile

        tifffile.imwrite(file, image, description="x" * 500, photometric="minisblack")


def test_a_file_that_changed_is_read_as_it_is(files: list[str]) -> None:
    stack = pixels()
    with spec_of(files).open() as source:
        replace(files[3], stack[3][::-1])
        images = source.read(0, N).images
        np.testing.assert_array_equal(images[3], stack[3][::-1])
        np.testing.assert_array_equal(images[4], stack[4])
        (said,) = source.warnings_while_reading()
        assert "im_3" in said
        assert "changed" in said


@pytest.mark.parametrize("image", [pixels()[3][1:], pixels()[3].astype("f8")])
def test_a_file_that_became_another_image_is_an_error(files: list[str], image: Any) -> None:
    with spec_of(files).open() as source:
        replace(files[3], image)
        with pytest.raises(ValueError, match=r"im_3.*image 3.*was changed"):
            source.read(0, N)


def test_a_file_that_was_cut_is_an_error(files: list[str]) -> None:
    with spec_of(files).open() as source:
        file = Path(files[3].partition("::")[0])
        os.truncate(file, file.stat().st_size - 100)
        with pytest.raises(OSError, match=r"im_3.*image 3"):
            source.read(0, N)


# ------------------------------------------------------------------ interrupts


@pytest.mark.parametrize("call", ["examine_with", "read"])
def test_an_interrupt_ends_it_at_once(tmp_path: Path, call: str, monkeypatch: pytest.MonkeyPatch) -> None:
    names = hdf5_files(tmp_path, pixels())
    spec = spec_of(names)
    known = type(spec.images[0].examine())
    calls: list[int] = []
    target = Hdf5ImageSpec if call == "examine_with" else known
    original = getattr(target, call)

    def interrupted(*arguments: Any) -> Any:
        calls.append(1)
        if len(calls) == 5:
            raise KeyboardInterrupt
        return original(*arguments)

    monkeypatch.setattr(target, call, interrupted)
    for threads in (1, 3):
        calls.clear()
        with pytest.raises(KeyboardInterrupt):
            score_stack(names, num_threads=threads)
    monkeypatch.undo()
    assert_same_numbers(score_stack(names), score_stack(pixels()))
    (tmp_path / "im_0.h5").open("r+b").close()
    with h5py.File(tmp_path / "im_0.h5", "a"):
        pass  # no descriptor of it was left open


# ------------------------------------------------------------------ thousands of files


def test_thousands_of_files_need_few_descriptors(tmp_path: Path) -> None:
    pytest.importorskip("resource")
    names = [hdf5_files(tmp_path, pixels(3), path=f"/{name}") for name in "ab"]
    tiffs = tiff_files(tmp_path, pixels(3))
    program = textwrap.dedent(
        """
        import resource, sys
        resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
        from ndreg_preeval import RankingWarning, rank_stacks
        a, b, tiffs = (text.split() for text in sys.argv[1:])
        stacks = {f"{k}{i}": each * 50 for i in range(4) for k, each in (("a", a), ("b", b), ("t", tiffs))}
        ranking = rank_stacks(stacks, num_threads=4)
        assert len({each.score for each in ranking.stacks.values()}) == 1
        print("done")
        """
    )
    arguments = [" ".join(each) for each in (*names, tiffs)]
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=False, timeout=300
    )
    assert done.stdout == "done\n", done.stderr


def test_stacks_of_the_same_files_are_examined_in_one_pass(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ndreg_preeval.stacks.hdf5 import files as hdf5_module
    from ndreg_preeval.stacks.hdf5 import locate

    stacks = {name: hdf5_files(tmp_path, pixels(), path=f"/1.1/{name}") for name in ("Ca", "K", "Fe")}
    opened: list[str] = []
    original = hdf5_module.open_file

    def counting(path: str, *rest: Any) -> Any:
        opened.append(path)
        return original(path, *rest)

    monkeypatch.setattr(locate, "open_file", counting)
    ranking = rank_stacks(stacks)
    assert len(opened) == N
    assert {each.score for each in ranking.stacks.values()} == {score_stack(pixels()).score}
