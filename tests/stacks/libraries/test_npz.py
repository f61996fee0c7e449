# SPDX-License-Identifier: MIT
"""NumPy's archives, by their names and as numpy has them open."""

from __future__ import annotations

import io
import os
import struct
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ndreg_preeval import Limits, RankingWarning, find_stacks, rank_stacks, score_stack
from ndreg_preeval.stacks import Choices
from ndreg_preeval.stacks.formats import Formats
from ndreg_preeval.stacks.uris import parse_uri
from tests.support.examples import examples
from tests.support.scenes import assert_same_numbers, drifting, three

pytestmark = pytest.mark.filterwarnings("ignore::ndreg_preeval.RankingWarning")

STACKS = {name: (100 * stack).astype(">i2") for name, stack in three().items()}
STACK = STACKS["fair"]


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture(params=[np.savez, np.savez_compressed], ids=["stored", "deflate"])
def save(request: pytest.FixtureRequest) -> Any:
    return request.param


def write(name: str, members: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> None:
    with zipfile.ZipFile(name, "w", method) as archive:
        for member, content in members.items():
            archive.writestr(member, content)


def npy(array: Any) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


@pytest.mark.parametrize("name", ["a.npz", "A.NPZ", "no_ending"])
def test_an_archive_is_a_group_of_stacks(save: Any, name: str) -> None:
    with Path(name).open("wb") as file:
        save(file, **STACKS, energy=np.arange(5.0), mask=STACK[0] > 0)
    expected = rank_stacks(STACKS)
    with np.load(name) as opened:
        for form in (name, Path(name), [name], opened):
            found = rank_stacks(form)
            assert list(found.stacks) == list(expected.stacks)
            for each, score in found.stacks.items():
                assert_same_numbers(score, expected.stacks[each])
    assert find_stacks(name) == {each: f"{name}::{each}" for each in STACKS}
    assert set(rank_stacks({"k": name}).stacks) == {f"k/{each}" for each in STACKS}
    with Formats().of(parse_uri(name)).spec(parse_uri(f"{name}::fair")[0], Limits()).open() as source:
        assert source.notes == ("Its archive also holds 'energy' (5,), 'mask' (32, 40): no stacks.",)


@pytest.mark.parametrize("uri", ["a.npz::fair", "a.npz::/fair", "a.npz::fair.npy", "silx:a.npz::fair"])
def test_one_array(save: Any, uri: str) -> None:
    save("a.npz", **STACKS)
    assert_same_numbers(score_stack(uri), score_stack(STACK))
    assert_same_numbers(score_stack(f"{uri}&slice=::-1,2:"), score_stack(STACK[::-1, 2:]))
    assert find_stacks(uri) == {"fair": "a.npz::fair"} or len(find_stacks(uri)) == 1
    with pytest.raises(ValueError, match="names one array, and a ranking needs several"):
        rank_stacks(uri)


def test_find_names_no_array_that_is_not_there(save: Any) -> None:
    with pytest.raises(FileNotFoundError, match=r"gone\.npz"):
        find_stacks("gone.npz::fair")
    save("a.npz", **STACKS)
    with pytest.raises(KeyError, match="the archive has no array 'none', but 'poor'"):
        find_stacks("a.npz::none")


def test_the_only_array(save: Any) -> None:
    save("a.npz", STACK)
    assert_same_numbers(score_stack("a.npz"), score_stack(STACK))
    assert_same_numbers(score_stack("a.npz?slice=1:"), score_stack(STACK[1:]))
    with np.load("a.npz") as opened:
        assert_same_numbers(score_stack(opened), score_stack(STACK))
        assert list(rank_stacks({"k": opened, "l": STACK}).stacks) == ["k", "l"]
    save("b.npz", **STACKS)
    with np.load("b.npz") as opened, pytest.raises(ValueError, match=r"this archive holds 3 stacks, 'poor'"):
        score_stack(opened)
    with pytest.raises(ValueError, match="slice= needs an array"):
        score_stack("b.npz?slice=1:")


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("kept", [0, 64 << 20])
def test_in_any_order(monkeypatch: pytest.MonkeyPatch, save: Any, axis: int, order: Any, kept: int) -> None:
    """Threads ask for parts as they come; what is decoded on the way is kept, or decoded again."""
    monkeypatch.setattr("ndreg_preeval.stacks.libraries.npz.KEPT_BYTES", kept)
    monkeypatch.setattr("ndreg_preeval.stacks.libraries.source.TASK_BYTES", 1)
    save("a.npz", a=np.array(np.moveaxis(STACK, 0, axis), order=order))
    meanings = parse_uri(f"a.npz::a&axis={axis}")
    with Formats().of(meanings).spec(meanings[0], Limits()).open() as source:
        pending = source.start_reading(0, 5)
        for task in reversed(pending.tasks):
            task.run()
        np.testing.assert_array_equal(pending.block().images, STACK)
    assert_same_numbers(
        score_stack(f"a.npz::a&axis={axis}", num_threads=3, memory_limit=1024), score_stack(STACK)
    )


def test_what_is_there_is_told() -> None:
    np.savez("a.npz", energy=np.arange(5), map=STACK[0], odd=np.array([{}], object))
    with pytest.raises(
        ValueError, match=r"holds no array of three axes, but 'energy' \(5,\), 'map' \(32, 40\), 'odd'"
    ):
        rank_stacks("a.npz")
    with pytest.raises(KeyError, match="has no array 'Ca', but 'energy', 'map', 'odd'"):
        score_stack("a.npz::Ca")
    with pytest.raises(ValueError, match="one image, not a stack"):
        score_stack("a.npz::map")
    with pytest.raises(TypeError, match="never loaded"):
        score_stack("a.npz::odd")
    write("b.npz", {})
    with pytest.raises(ValueError, match="holds no array of three axes"):
        rank_stacks("b.npz")
    write("c.npz", {"readme.txt": b"hello"})
    with pytest.raises(KeyError, match="but none at all"):
        score_stack("c.npz::Ca")


def test_no_pickle_is_ever_loaded() -> None:
    class Exploit:
        def __reduce__(self) -> Any:
            return (os.mkdir, ("ran",))

    array = np.empty((2, 2, 2), object)
    array[:] = Exploit()
    np.savez("a.npz", a=array, b=STACK)
    assert list(rank_stacks({"b": "a.npz", "c": STACK}).stacks) == ["b", "c"]
    with pytest.raises(TypeError, match="pickle"):
        score_stack("a.npz::a")
    assert not Path("ran").exists()


def test_an_image_and_a_mask(save: Any) -> None:
    mask = STACK[0] > -50
    save("a.npz", im=STACK[1], mask=mask)
    meaning = parse_uri("a.npz::im")[0]
    known = Formats().of([meaning]).image_spec(meaning, Limits(), Choices()).examine()
    out = np.empty(known.shape, known.dtype)
    known.read(out)
    np.testing.assert_array_equal(out, STACK[1])
    assert_same_numbers(score_stack(STACK, mask="a.npz::mask"), score_stack(STACK, mask=mask))


# ------------------------------------------------------------------ archives that lie


def failing(uri: str = "a.npz::a", kind: Any = OSError, match: str = r"a\.npz") -> None:
    with pytest.raises(kind, match=match):
        score_stack(uri)
    assert list(rank_stacks({"k": uri, "l": STACK}, on_error="rank_last").stacks) == ["l", "k"]


def test_cut_short(save: Any) -> None:
    save("a.npz", a=STACK)
    whole = Path("a.npz").read_bytes()
    for kept in (0, 1, 4, 29, 30, 40, 200, len(whole) // 2, len(whole) - 60, len(whole) - 21, len(whole) - 1):
        Path("a.npz").write_bytes(whole[:kept])
        failing()


@pytest.mark.parametrize(
    "method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]
)
def test_checksums(method: int) -> None:
    write("a.npz", {"a.npy": npy(STACK)}, method)
    assert_same_numbers(score_stack("a.npz"), score_stack(STACK))
    raw = bytearray(Path("a.npz").read_bytes())
    raw[len(raw) // 2] ^= 0x11
    Path("a.npz").write_bytes(raw)
    failing()


def test_two_arrays_of_one_name() -> None:
    with zipfile.ZipFile("a.npz", "w") as archive:
        archive.writestr("a.npy", npy(STACK))
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("a.npy", npy(STACK + 1))
    failing(match="two arrays 'a'")


def test_encrypted() -> None:
    write("a.npz", {"a.npy": npy(STACK)})
    raw = bytearray(Path("a.npz").read_bytes())
    raw[6] |= 1
    raw[raw.index(b"PK\1\2") + 8] |= 1
    Path("a.npz").write_bytes(raw)
    failing(kind=ValueError, match="'a' is encrypted")


@pytest.mark.parametrize("change", [-1, 1, 1000])
def test_sizes_that_disagree(change: int) -> None:
    content = npy(STACK)
    write(
        "a.npz", {"a.npy": content[:change] if change < 0 else content + bytes(change)}, zipfile.ZIP_DEFLATED
    )
    failing(match="declares|is damaged: the archive has")


def test_bombs() -> None:
    """Zeros beyond any use: refused by the ratio, before they are unpacked."""
    head = npy(np.zeros((0, 4096, 4096), "u1")).replace(
        b"(0, 4096, 4096), }      ", b"(999999, 4096, 4096), } "
    )
    size = len(head) + 999_999 * 4096 * 4096
    write("a.npz", {"a.npy": head + bytes(1 << 20)}, zipfile.ZIP_DEFLATED)
    raw = Path("a.npz").read_bytes()
    # The sizes in a zip64 field, as those of large members are.
    at = raw.index(b"PK\1\2")
    extra = struct.pack("<HHQ", 1, 8, size)
    entry = raw[at : at + 46]
    entry = entry[:24] + b"\xff" * 4 + entry[28:30] + struct.pack("<H", len(extra)) + entry[32:]
    directory = entry + b"a.npy" + extra
    end = raw[raw.index(b"PK\5\6") :]
    Path("a.npz").write_bytes(
        raw[:at] + directory + end[:12] + struct.pack("<II", len(directory), at) + end[20:]
    )
    failing(kind=ValueError, match=r"Limits\.ratio")


def test_a_table_of_contents_without_end() -> None:
    end = b"PK\5\6" + struct.pack("<4H2IH", 0, 0, 1, 1, (1 << 32) - 2, 0, 0)
    with Path("a.npz").open("wb") as file:
        file.truncate((1 << 32) - 2)  # holes
        file.seek(0, 2)
        file.write(end)
    failing(match="bytes of names")


def test_parts_larger_than_an_image() -> None:
    np.savez("a.npz", a=np.stack([STACK, STACK]))
    with pytest.raises(ValueError, match=r"Limits\.image_bytes"):
        score_stack("a.npz::a&slice=0", limits=Limits(image_bytes=STACK[0].size * 8))
    assert_same_numbers(score_stack("a.npz::a&slice=1"), score_stack(STACK))


@examples(60)
@given(data=st.data())
def test_damaged_bytes(data: Any) -> None:
    """Whatever is in an archive: pixels of the shape that it declares, or an error of ours."""
    if not Path("whole").exists():
        np.savez_compressed("whole", a=np.arange(36, dtype="u1").reshape(4, 3, 3))
        Path("whole.npz").rename("whole")
    raw = bytearray(Path("whole").read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    Path("a.npz").write_bytes(raw)
    for uri in ("a.npz::a", "a.npz"):
        try:
            assert score_stack(uri).n_images == 4
        except (OSError, ValueError, TypeError, KeyError) as error:
            assert "a.npz" in str(error)  # noqa: PT017 - either is right


def test_drifting_stays() -> None:
    """Both orders of bytes, and bool, as in arrays."""
    np.savez("a.npz", big=drifting(0.1).astype(">f4"), bool=drifting(0.1) > 0)
    for name in ("big", "bool"):
        with np.load("a.npz") as opened:
            array = opened[name]
        assert_same_numbers(score_stack(f"a.npz::{name}"), score_stack(array))


def test_an_archive_for_each_image() -> None:
    for k in range(len(STACK)):
        of_image = {name: stack[k] for name, stack in STACKS.items()}
        np.savez(f"scan_{k}.npz", **of_image, energy=np.arange(4.0), title=np.array("a scan"))
    expected = rank_stacks(STACKS)
    for form in ("scan_*.npz::{stack}", "scan_*.npz"):
        found = rank_stacks(form)
        assert found.scores == expected.scores
        for name in STACKS:
            assert_same_numbers(found.stacks[name], expected.stacks[name])
            assert not any("also holds" in text for text in found.stacks[name].warnings)
        assert find_stacks(form) == {name: f"scan_*.npz::{name}" for name in STACKS}
        assert rank_stacks(find_stacks(form)).scores == expected.scores
    assert_same_numbers(score_stack("scan_*.npz::f[a]ir"), expected.stacks["fair"])
    with pytest.raises(KeyError, match=r"no dataset of images matches 'T\*'"):
        rank_stacks("scan_*.npz::T*")


def test_an_archive_with_an_array_for_each_image() -> None:
    parts = {f"{name}/im_{k}": image for name, stack in STACKS.items() for k, image in enumerate(stack)}
    np.savez("all.npz", **parts, **{"a*b": STACK[0]})
    assert rank_stacks("all.npz::{stack}/im_*").scores == rank_stacks(STACKS).scores
    assert_same_numbers(score_stack("all.npz::fair/im_*"), score_stack(STACK))


def test_a_damaged_array_is_a_stack_that_fails(tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    stack = rng.normal(size=(4, 24, 32))
    path = tmp_path / "maps.npz"
    np.savez(path, Ca=stack, Fe=stack + rng.normal(size=stack.shape))
    content = bytearray(path.read_bytes())
    content[content.index(b"\x93NUMPY", content.index(b"Fe.npy")) + 12] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(OSError, match=r"stack 'Fe'.*no header of a NumPy array"):
        rank_stacks(path)
    with pytest.warns(RankingWarning):
        ranking = rank_stacks(path, on_error="rank_last")
    assert list(ranking.stacks) == ["Ca", "Fe"]
    assert ranking.stacks["Fe"].error
