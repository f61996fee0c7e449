# SPDX-License-Identifier: MIT
"""What holds of every format that a library reads: tried with one that is made up."""

from __future__ import annotations

import json
import os
import pickle
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from numpy.typing import NDArray

from ndreg_preeval import Limits, find_stacks, rank_stacks, score_stack
from ndreg_preeval.stacks.choices import Choices
from ndreg_preeval.stacks.formats import BACKENDS, Formats
from ndreg_preeval.stacks.libraries import LibraryBackend
from ndreg_preeval.stacks.libraries.base import INDEX, LibraryFile, LibraryFormat
from ndreg_preeval.stacks.uris import parse_uri
from tests.support.scenes import assert_same_numbers, drifting

pytestmark = pytest.mark.filterwarnings("ignore::ndreg_preeval.RankingWarning")

STACK = drifting(0.05).astype(">f4")


class MadeUpFile(LibraryFile):
    def __init__(self, path: str) -> None:
        with Path(path).open("rb") as file:
            head = json.loads(file.readline())
            self.shape = tuple(head["shape"])
            self.dtype = np.dtype(head["dtype"])
            self.pixels = np.frombuffer(file.read(), self.dtype)
        self.axis_names = head.get("axes")
        self.chunks = head.get("chunks")
        self.problem = head.get("problem")

    def read(self, index: INDEX) -> NDArray[Any]:
        if self.problem == "assertion" and 3 in np.arange(self.shape[0])[index[0]]:
            raise AssertionError("the reader is at a loss")
        found = self.pixels.reshape(self.shape)[index]
        return {"shape": found[..., 1:], "dtype": found.astype("f8")}.get(self.problem, found)


class MadeUpFormat(LibraryFormat):
    name = "made-up"
    endings = (".mup",)
    magic = ((0, b'{"made up"'),)
    modules: ClassVar[tuple[str, ...]] = ("json",)

    @classmethod
    def open_file(cls, path: str, data_path: str, limits: Limits) -> LibraryFile:
        return MadeUpFile(path)


@pytest.fixture(autouse=True)
def _known(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(
        "ndreg_preeval.stacks.formats.BACKENDS", (lambda: LibraryBackend(MadeUpFormat), *BACKENDS)
    )
    monkeypatch.chdir(tmp_path)


def write(name: str, stack: NDArray[Any] = STACK, **more: object) -> str:
    head = {"made up": 1, "shape": stack.shape, "dtype": stack.dtype.str, **more}
    Path(name).write_bytes(json.dumps(head).encode() + b"\n" + stack.tobytes())
    return name


@pytest.mark.parametrize("name", ["a.mup", "B.MUP", "by_its_first_bytes", "x.y"])
def test_a_file_is_a_stack(name: str) -> None:
    assert_same_numbers(score_stack(write(name)), score_stack(STACK))
    assert find_stacks(name) == {Path(name).stem: name}
    two = rank_stacks([name, write("second.mup", STACK + 1)])
    assert sorted(two.stacks) == sorted([Path(name).stem, "second"])


@pytest.mark.parametrize("chunks", [None, (2, 32, 5), (5, 1, 1)])
@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("named", [False, True])
def test_any_axis_counts_the_images(axis: int, chunks: tuple[int, ...] | None, named: bool) -> None:
    moved = np.moveaxis(STACK, 0, axis)
    axes: list[str | None] = ["y", "x"]
    axes.insert(axis, "frame")
    write("a.mup", np.ascontiguousarray(moved), chunks=chunks, axes=axes if named else None)
    found = score_stack("a.mup", image_axis=None if named else axis)
    assert found.image_axis == axis
    assert_same_numbers(found, score_stack(STACK))
    if not named:
        assert_same_numbers(score_stack(f"a.mup?axis={axis}"), score_stack(STACK))


@pytest.mark.parametrize("chunks", [None, (1, 4, 3), (5, 3, 4), (2, 32, 1)])
@pytest.mark.parametrize("task_bytes", [1, 1000])
@pytest.mark.parametrize(
    ("cut", "index"),
    [
        ("1:4", np.s_[1:4]),
        ("::-1", np.s_[::-1]),
        ("4:0:-2", np.s_[4:0:-2]),
        (":,3:-3,::-1", np.s_[:, 3:-3, ::-1]),
        ("...,10:2:-1", np.s_[..., 10:2:-1]),
    ],
)
def test_slices(
    monkeypatch: pytest.MonkeyPatch, cut: str, index: Any, task_bytes: int, chunks: tuple[int, ...] | None
) -> None:
    """Parts of images that share chunks end where chunks do, as slices have them."""
    monkeypatch.setattr("ndreg_preeval.stacks.libraries.source.TASK_BYTES", task_bytes)
    write("a.mup", chunks=chunks)
    assert_same_numbers(score_stack(f"a.mup?slice={cut}"), score_stack(STACK[index]))


def test_axes_too_many() -> None:
    for axis in (0, 1, 3):
        write("spare.mup", np.expand_dims(STACK, axis))
        assert_same_numbers(score_stack("spare.mup"), score_stack(STACK))
    write("two.mup", np.stack([STACK + 3, STACK]))
    with pytest.raises(ValueError, match=r"slice=0 or .*slice=:,0"):
        score_stack("two.mup")
    assert_same_numbers(score_stack("two.mup?slice=1"), score_stack(STACK))
    with pytest.raises(ValueError, match="one image, not a stack"):
        score_stack(write("one.mup", STACK[0]))


@pytest.mark.parametrize("memory_limit", [1024, 5000])
def test_in_parts(memory_limit: int) -> None:
    found = score_stack(write("a.mup"), memory_limit=memory_limit, num_threads=3)
    assert_same_numbers(found, score_stack(STACK))


@pytest.mark.parametrize("problem", ["assertion", "shape", "dtype"])
def test_a_library_that_fails_or_lies(problem: str) -> None:
    message = {
        "assertion": "3: it cannot be read as made-up file, it may be damaged: AssertionError: the reader is at a loss",
        "shape": "0: it is damaged",
        "dtype": "0: it is damaged",
    }
    write("a.mup", problem=problem)
    with pytest.raises(OSError, match=rf"stack 'k': a\.mup, image {message[problem]}"):
        rank_stacks({"k": "a.mup", "l": STACK})
    ranked = rank_stacks({"k": "a.mup", "l": STACK}, on_error="rank_last")
    assert list(ranked.stacks) == ["l", "k"]
    assert message[problem] in str(ranked.stacks["k"].error)


@pytest.mark.parametrize("content", [b"", b'{"made up": 1}\n', b'{"made up": \xff}\n', b"[[[["])
def test_what_the_library_makes_nothing_of(content: bytes) -> None:
    Path("a.mup").write_bytes(content)
    with pytest.raises((OSError, ValueError), match=r"a\.mup"):
        score_stack("a.mup")


def test_a_second_try_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A library that fails may keep what it had till then, and give that when it is asked again."""
    write("a.mup")
    read, failed = MadeUpFile.read, []

    def fails_once(self: MadeUpFile, index: INDEX) -> NDArray[Any]:
        if not failed:
            failed.append(True)
            raise RuntimeError("once")
        return read(self, index)

    monkeypatch.setattr(MadeUpFile, "read", fails_once)
    with pytest.raises(OSError, match="RuntimeError: once"):
        score_stack("a.mup")


def test_a_file_cut_while_it_is_read() -> None:
    spec = Formats().of(parse_uri(write("a.mup"))).spec(parse_uri("a.mup")[0], Limits())
    with spec.open() as source:
        os.truncate("a.mup", 100)
        with pytest.raises(OSError, match="was cut from"):
            source.read(0, 2)
    with Formats().of(parse_uri(write("a.mup"))).spec(parse_uri("a.mup")[0], Limits()).open() as source:
        os.utime("a.mup", (1, 1))
        source.read(0, 2)
        assert any("was changed while it was read" in text for text in source.warnings_while_reading())


def test_what_is_no_regular_file_never_reaches_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MadeUpFormat, "open_file", lambda *_: pytest.fail("it was opened"))
    os.mkfifo("pipe.mup")
    Path("folder.mup").mkdir()
    for name, kind in {
        "pipe.mup": OSError,
        "folder.mup": ValueError,
        "none.mup": FileNotFoundError,
    }.items():
        with pytest.raises(kind, match="mup"):
            score_stack(name)


def test_a_missing_library_names_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MadeUpFormat, "modules", ("json", "no_such_module"))
    monkeypatch.setattr(MadeUpFormat, "extra", "mup")
    with pytest.raises(
        ModuleNotFoundError, match=r'no_such_module.*pip install "ndreg_preeval\[mup\]"'
    ) as caught:
        score_stack(write("a.mup"))
    assert caught.value.name == "no_such_module"
    monkeypatch.setattr(MadeUpFormat, "extra", None)
    with pytest.raises(ModuleNotFoundError, match="pip install no_such_module"):
        score_stack("a.mup")


@pytest.mark.parametrize("dtype", ["c8", "O", "S4", "M8[s]", "i4,f8"])
def test_what_are_no_grey_values(dtype: str) -> None:
    class Other(MadeUpFile):
        def __init__(self, path: str) -> None:
            super().__init__(path)
            self.dtype = np.dtype(dtype)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(MadeUpFormat, "open_file", classmethod(lambda cls, path, *_: Other(path)))
        with pytest.raises(TypeError, match="the pixels must be bool, integer"):
            score_stack(write("a.mup"))


@pytest.mark.parametrize("limit", ["image_bytes", "stack_bytes", "ratio"])
def test_limits(limit: str) -> None:
    limits = Limits(**{limit: 0}, ratio_floor=0)
    with pytest.raises(ValueError, match=rf"Limits\.{limit}"):
        score_stack(write("a.mup"), limits=limits)
    with pytest.raises(ValueError, match=r"Limits\.image_bytes"):
        score_stack("a.mup?slice=:,2:12,2:12", limits=Limits(image_bytes=100 * 8))


def test_specs_pickle_small() -> None:
    spec = Formats().of(parse_uri(write("a.mup"))).spec(parse_uri("a.mup?slice=::-1")[0], Limits())
    copy = pickle.loads(pickle.dumps(spec))
    assert copy == spec
    assert b"libraries" not in pickle.dumps(spec)
    with copy.open() as source:
        np.testing.assert_array_equal(source.read(0, 5).images, STACK[::-1])


@pytest.mark.parametrize(
    ("stack", "cut"), [(STACK[1], ""), (STACK[1:2], ""), (STACK[1, ..., None], ""), (STACK, "?slice=1")]
)
def test_an_image_of_a_stack(stack: NDArray[Any], cut: str) -> None:
    uri = write("a.mup", stack) + cut
    meaning = parse_uri(uri)[0]
    spec = Formats().of([meaning]).image_spec(meaning, Limits(), Choices())
    spec = pickle.loads(pickle.dumps(spec))
    assert (spec.location, spec.file_path) == (uri, str(Path("a.mup").absolute()))
    known = spec.examine()
    assert (known.shape, known.dtype) == (STACK.shape[1:], STACK.dtype)
    out = np.empty(known.shape, known.dtype)
    assert known.read(out) is None
    np.testing.assert_array_equal(out, STACK[1])
    write("a.mup", STACK[:, 1:])
    with pytest.raises(OSError, match="has another image"):
        known.read(out)


def test_images_of_one_file_are_examined_together(monkeypatch: pytest.MonkeyPatch) -> None:
    write("a.mup")
    opened: list[str] = []
    init = MadeUpFile.__init__
    monkeypatch.setattr(MadeUpFile, "__init__", lambda self, path: opened.append(path) or init(self, path))
    specs = []
    for cut in ("0", "1", "2,4", "3"):
        meaning = parse_uri(f"a.mup?slice={cut}")[0]
        specs.append(Formats().of([meaning]).image_spec(meaning, Limits(), Choices()))
    first, second, third, last = specs[0].examine_with(specs[1:], {})
    assert len(opened) == 1
    assert isinstance(third, ValueError)
    assert first.shape == second.shape == last.shape == STACK.shape[1:]
    Path("a.mup").unlink()
    assert all(isinstance(each, OSError) for each in specs[0].examine_with(specs[1:], {}))
    write("a.mup")
    same = [f"a.mup?slice={index}" for index in range(5)]
    assert_same_numbers(score_stack(same), score_stack(STACK))


def test_what_is_no_image_of_a_stack() -> None:
    for name, stack in {"stack.mup": STACK, "row.mup": STACK[0, 0]}.items():
        meaning = parse_uri(write(name, stack))[0]
        with pytest.raises(ValueError, match="an image must have the shape"):
            Formats().of([meaning]).image_spec(meaning, Limits(), Choices()).examine()


def test_a_mask() -> None:
    mask = STACK[0] > -1
    found = score_stack(STACK, mask=write("mask.mup", mask))
    assert_same_numbers(found, score_stack(STACK, mask=mask))
