# SPDX-License-Identifier: MIT
"""Whatever form the stacks come in: one spec each, in order, under the caller's own keys."""

from __future__ import annotations

import collections
import collections.abc
import pickle
import re
import threading
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from silx.io.url import DataUrl

from ndreg_preeval import find_stacks
from ndreg_preeval.options import Limits
from ndreg_preeval.stacks.backend import OneStackPerFile
from ndreg_preeval.stacks.base import StackSpec
from ndreg_preeval.stacks.formats import BACKENDS
from ndreg_preeval.stacks.hdf5.specs import DatasetSpec, UriSpec
from ndreg_preeval.stacks.memory.spec import ArraySpec
from ndreg_preeval.stacks.names import relative_names, short_names, unique_names
from ndreg_preeval.stacks.resolve import resolve_stack, resolve_stacks
from ndreg_preeval.stacks.selection import parse_slice
from ndreg_preeval.stacks.uris import UriMeaning

LIMITS = Limits()
STACK = np.random.default_rng(0).random((3, 4, 5))


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with a file of stacks."""
    monkeypatch.chdir(tmp_path)
    with h5py.File("a.h5", "w") as file:
        file["plain/zeta"] = STACK
        file["plain/alpha"] = STACK + 1
        for name, signals in (("maps", ["Ca", "Fe"]), ("one", ["Ca"])):
            group = file.create_group(f"entry/{name}")
            group.attrs["NX_class"] = "NXdata"
            group.attrs["signal"] = signals[0]
            group.attrs["auxiliary_signals"] = signals[1:]
            for signal in signals:
                group[signal] = STACK
        file["plus/Fe+K"] = STACK
        file["blank/Fe K"] = STACK
    return tmp_path


def resolve(stacks: Any) -> list[tuple[Any, StackSpec]]:
    return resolve_stacks(stacks, limits=LIMITS)


def names(stacks: Any) -> list[Any]:
    return [name for name, _ in resolve(stacks)]


class Text(str):
    """Text that turns hostile once it is in a mapping."""

    armed = False

    def __eq__(self, other: object) -> bool:
        if Text.armed:
            raise RuntimeError("eq")
        return str.__eq__(self, other)

    def __hash__(self) -> int:
        if Text.armed:
            raise RuntimeError("hash")
        return str.__hash__(self)


class OwnMapping(collections.abc.Mapping[str, Any]):
    def __init__(self, **items: Any) -> None:
        self.items_given = items

    def __getitem__(self, key: str) -> Any:
        return self.items_given[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self.items_given)

    def __len__(self) -> int:
        return len(self.items_given)


@pytest.mark.parametrize(
    "mapping",
    [
        {"z": STACK, "a": STACK},
        collections.OrderedDict(z=STACK, a=STACK),
        collections.defaultdict(list, z=STACK, a=STACK),
        types.MappingProxyType({"z": STACK, "a": STACK}),
        OwnMapping(z=STACK, a=STACK),
        collections.ChainMap({"z": STACK, "a": STACK}),
    ],
    ids=lambda mapping: type(mapping).__name__,
)
def test_mappings_keep_their_order_and_do_not_grow(mapping: Any) -> None:
    assert names(mapping) == ["z", "a"]
    assert len(mapping) == 2


def test_keys_are_the_callers_own_objects() -> None:
    keys = [Text("a"), np.str_("b"), b"c", 1, None, ("d", 2), "", "a\0b", "\udc80", frozenset({3})]
    stacks = dict.fromkeys(keys, STACK)
    Text.armed = True
    try:
        found = names(stacks)
        assert all(mine is theirs for mine, theirs in zip(found, keys, strict=True))
    finally:
        Text.armed = False


def test_a_mapping_may_grow_meanwhile() -> None:
    stacks: dict[Any, Any] = dict.fromkeys(range(100), STACK)
    stop = threading.Event()

    def grow() -> None:
        while not stop.is_set():
            for index in range(100, 1000):
                stacks[index] = STACK
            for index in range(100, 1000):
                del stacks[index]

    thread = threading.Thread(target=grow)
    thread.start()
    try:
        for _ in range(20):
            assert names(stacks)[:100] == list(range(100))
    finally:
        stop.set()
        thread.join()


def test_a_mapping_that_changed_is_read_again() -> None:
    class Changing(OwnMapping):
        changes = 3

        def items(self) -> Any:
            self.changes -= 1
            if self.changes > 0:
                raise RuntimeError("dictionary changed size during iteration")
            return super().items()

    assert names(Changing(z=STACK)) == ["z"]
    Changing.changes = 10**6
    with pytest.raises(RuntimeError, match="kept changing"):
        names(Changing(z=STACK))


def test_every_form_in_one_mapping(folder: Path) -> None:
    with h5py.File("a.h5") as file:
        stacks = {
            "array": STACK,
            "list": list(STACK),
            "dataset": file["plain/zeta"],
            "text": "a.h5::/plain/zeta",
            "absolute": f"silx://{folder}/a.h5?path=/plain/zeta&slice=0:3",
            "path": Path("a.h5::/plain/zeta"),
            "fields": DataUrl(file_path="a.h5", data_path="/plain/zeta"),
            "parsed": DataUrl("a.h5::/plain/zeta"),
        }
        found = resolve(stacks)
        kinds = [type(stack_spec) for _, stack_spec in found]
        assert kinds == [ArraySpec, ArraySpec, DatasetSpec] + [UriSpec] * 5
        assert [stack_spec.in_memory for _, stack_spec in found] == [True] * 3 + [False] * 5
        for name, stack_spec in found:
            with stack_spec.open() as source:
                np.testing.assert_array_equal(np.asarray(source.read(0, 3).images), STACK, err_msg=name)


def test_recipes_of_files_hold_whatever_folder_they_are_used_in(monkeypatch: pytest.MonkeyPatch) -> None:
    ((_, stack_spec),) = resolve({"a": "a.h5::/plain/zeta"})
    assert stack_spec.location == "a.h5::/plain/zeta"
    monkeypatch.chdir("/")
    assert pickle.loads(pickle.dumps(stack_spec)).open().shape == STACK.shape


@pytest.mark.parametrize(
    ("uris", "expected"),
    [
        (["a.h5::/plain/zeta", "a.h5::/plain/alpha"], ["zeta", "alpha"]),
        (("a.h5::/plain/zeta", Path("a.h5::/entry/maps/Ca")), ["plain/zeta", "entry/maps/Ca"]),
        ([DataUrl("a.h5::/plain/zeta")], ["zeta"]),
        (np.array(["a.h5::/plain/zeta", "a.h5::/plain/alpha"]), ["zeta", "alpha"]),
        (np.array([Path("a.h5::/plain/zeta")], dtype=object), ["zeta"]),
        (["a.h5::/entry/maps"], ["Ca", "Fe"]),
        (["a.h5::/entry/maps", "a.h5::/plain/zeta"], ["entry/maps/Ca", "entry/maps/Fe", "plain/zeta"]),
        (["a.h5::/plain"], ["alpha", "zeta"]),
        (["a.h5"], ["maps/Ca", "maps/Fe", "one/Ca"]),
        (["a.h5::/plain/zeta"] * 3, ["a/zeta", "a/zeta (2)", "a/zeta (3)"]),
        (["a.h5::/plain/zeta&slice=0:2", "a.h5::/plain/zeta"], ["a/zeta[0:2]", "a/zeta"]),
    ],
    ids=str,
)
def test_sequences_of_uris(uris: Any, expected: list[str]) -> None:
    assert names(uris) == expected


def test_the_same_dataset_in_several_files() -> None:
    data = Path("a.h5").read_bytes()
    for name in ("b.h5", "x/a.h5", "x/c.h5"):
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).write_bytes(data)
    assert names([f"{file}.h5::/plain/zeta" for file in ("a", "b", "x/c")]) == ["a/zeta", "b/zeta", "c/zeta"]
    clashing = names(["a.h5::/plain/zeta", "x/a.h5::/plain/zeta", "a.h5::/plain/alpha"])
    assert clashing == ["a.h5/zeta", "x/a.h5/zeta", "alpha"]


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("a.h5::/entry", ["maps/Ca", "maps/Fe", "one/Ca"]),
        (Path("a.h5::/plain"), ["alpha", "zeta"]),
        (DataUrl("a.h5::/entry/maps"), ["Ca", "Fe"]),
        ("a.h5", ["maps/Ca", "maps/Fe", "one/Ca"]),
    ],
    ids=str,
)
def test_a_single_uri_of_a_group(uri: Any, expected: list[str]) -> None:
    assert names(uri) == expected


@pytest.mark.parametrize(
    "uri", ["a.h5::/plain/zeta", Path("a.h5::/plain/zeta"), DataUrl("a.h5::/plain/zeta")]
)
def test_a_single_uri_of_a_dataset_is_no_ranking(uri: Any) -> None:
    with pytest.raises(ValueError, match=f"this {type(uri).__name__} names one dataset"):
        resolve(uri)


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((2, 3, 8, 9), "stacks_axis=0 says which axis counts them, in a URI &stacks=0"),
        ((8, 9), "that is one image, not a stack"),
    ],
    ids=["stacks", "image"],
)
@pytest.mark.parametrize("uri", ["b.h5::/q", "q.npy", "q.npz::q"])
def test_what_is_no_stack_alone_says_what_it_is(uri: str, shape: tuple[int, ...], message: str) -> None:
    pixels = np.zeros(shape, np.uint8)
    with h5py.File("b.h5", "w") as file:
        file["q"] = pixels
    np.save("q.npy", pixels)
    np.savez("q.npz", q=pixels)
    with pytest.raises(ValueError, match=re.escape(message)):
        resolve(uri)


def test_groups_within_a_mapping() -> None:
    stacks = {"k": "a.h5::/entry/maps", 3: "a.h5::/entry", "one": "a.h5::/entry/one", "last": STACK}
    assert names(stacks) == ["k/Ca", "k/Fe", "3/maps/Ca", "3/maps/Fe", "3/one/Ca", "one", "last"]
    with pytest.raises(ValueError, match=r"stack 'k'.*is a group, not a dataset, and holds no NXdata"):
        resolve({"k": "a.h5::/plain"})


def test_the_reading_that_exists_is_taken() -> None:
    found = dict(
        resolve({"plus": "a.h5::/plus/Fe+K", "blank": "a.h5::/blank/Fe+K", "code": "a.h5::/blank/Fe%20K"})
    )
    assert {name: stack_spec.location for name, stack_spec in found.items()} == {
        "plus": "a.h5::/plus/Fe+K",
        "blank": "a.h5::/blank/Fe K",
        "code": "a.h5::/blank/Fe K",
    }


def test_single_stacks() -> None:
    for value in (STACK, "a.h5::/plain/zeta", "a.h5::/entry/one"):
        assert resolve_stack(value, limits=LIMITS).open().shape == STACK.shape
    with pytest.raises(ValueError, match=r"stack 'k': .* holds 2 stacks"):
        resolve_stack("a.h5::/entry/maps", name="k", limits=LIMITS)


@pytest.mark.parametrize(
    ("stacks", "kind", "message"),
    [
        ({}, ValueError, "holds no stack"),
        ([], ValueError, "holds no stack"),
        (np.array([], dtype=str), ValueError, "holds no stack"),
        (None, TypeError, "must be a mapping"),
        (3, TypeError, "must be a mapping"),
        (b"a.h5", TypeError, "not bytes"),
        ({"a.h5::/plain/zeta"}, TypeError, "not set, which has no order"),
        ({"a": STACK}.values(), TypeError, "must be a mapping"),
        (iter(["a.h5::/plain/zeta"]), TypeError, "must be a mapping"),
        (STACK, TypeError, "not one array: name it"),
        ([STACK, STACK], TypeError, r"image_stacks\[0\]: a sequence may only hold URIs .*not ndarray"),
        (["a.h5::/plain/zeta", b"a"], TypeError, r"image_stacks\[1\].*not bytes"),
        (["a.h5::/plain/zeta", 3], TypeError, r"image_stacks\[1\].*not int"),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, str) else "",
)
def test_arguments_of_the_wrong_kind(stacks: Any, kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=message):
        resolve(stacks)


@pytest.mark.parametrize(
    ("value", "kind", "message"),
    [
        (None, TypeError, "not None"),
        ({"a": STACK}, TypeError, "not dict"),
        (b"a.h5::/plain/zeta", TypeError, "not bytes"),
        (3, TypeError, "not int"),
        ("", ValueError, "names no file"),
        ("::", FileNotFoundError, "::"),
        ("a.h5", ValueError, "'a.h5' names no dataset"),
        ("a.h5::", ValueError, "names no dataset"),
        ("nosuch.h5", FileNotFoundError, "nosuch.h5"),
        ("nosuch.h5::/d", FileNotFoundError, "nosuch.h5"),
        (r"C:\nosuch\a.h5::/d", FileNotFoundError, "nosuch"),
        ("*.hdf::/plain/zeta", FileNotFoundError, r"\*\.hdf"),
        (".", ValueError, "names no dataset"),
        ("a.h5::/plain/nope", KeyError, "there is no 'nope'"),
        (
            "a.h5::/plain/No+pe",
            KeyError,
            "read as 'a.h5::/plain/No+pe' or as 'a.h5::/plain/No pe'".replace("+", r"\+"),
        ),
        ("a.h5?path=/plain/zeta&slice=", ValueError, "slice='' is not valid"),
        ("a.h5?path=/entry/maps&slice=0:2", ValueError, "slice= needs a dataset"),
        ("http://server/a.h5", ValueError, "scheme 'http'"),
        ("a\0b.h5::/d", ValueError, "NUL"),
        ("/dev/zero::/d", OSError, "device"),
    ],
    ids=str,
)
@pytest.mark.parametrize("form", ["mapping", "stack"])
def test_errors_name_the_stack(value: Any, kind: type[Exception], message: str, form: str) -> None:
    def run() -> object:
        if form == "mapping":
            return resolve({"good": STACK, "stk_bad": value})
        return resolve_stack(value, name="stk_bad", limits=LIMITS)

    with pytest.raises(kind, match=message) as caught:
        run()
    assert "stack 'stk_bad'" in str(caught.value)
    copy = pickle.loads(pickle.dumps(caught.value))
    assert (type(copy), str(copy)) == (type(caught.value), str(caught.value))


def test_errors_of_a_sequence_name_the_item() -> None:
    with pytest.raises(KeyError, match=r"stack 'nope' \(a\.h5::/nope\)"):
        resolve(["a.h5::/plain/zeta", "a.h5::/nope"])


class RawBackend(OneStackPerFile):
    """All that a format needs whose files are one stack each."""

    name = "raw"
    endings = (".raw",)

    def spec(self, meaning: UriMeaning, limits: Limits) -> StackSpec:
        return ArraySpec(np.fromfile(meaning.file).reshape(STACK.shape)[meaning.indices or ...])


def test_one_class_is_all_that_a_format_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ndreg_preeval.stacks.formats.BACKENDS", (RawBackend, *BACKENDS))
    STACK.tofile("one.RAW")
    Path("x").mkdir()
    STACK.tofile("x/two.raw")
    assert find_stacks("x/two.raw") == {"two": "x/two.raw"}
    uris = ["one.RAW", "a.h5::/plain/zeta", Path("x/two.raw?slice=1:3")]
    assert names(uris) == ["one", "plain/zeta", "x/two"]
    assert [spec.open().shape[0] for _, spec in resolve(uris)] == [3, 3, 2]
    assert names({"k": "one.RAW", "l": STACK}) == ["k", "l"]
    with pytest.raises(ValueError, match="this str names one raw stack, and a ranking needs several"):
        resolve("one.RAW")


def test_names_by_path() -> None:
    assert relative_names([]) == []
    assert relative_names(["/a/b/c"]) == ["c"]
    assert relative_names(["/a/b/c", "a/b/d/e", "/a//b/./f"]) == ["c", "d/e", "f"]
    assert relative_names(["/a", "/a"]) == ["a", "a"]
    assert relative_names(["/a/b", "/a"]) == ["a/b", "a"]
    assert short_names(["/e/Ca/data", "/e/Fe/data"]) == ["Ca", "Fe"]
    assert short_names(["/e/Ca/data", "/e/Fe/counts"]) == ["Ca/data", "Fe/counts"]
    assert short_names(["/e/Ca/data"]) == ["data"]


@pytest.mark.parametrize("many", [["/d"] * 4, ["/d", "/d (2)", "/d", "/d (2)"], ["/a/d", "/b/d", "/d"]])
def test_names_are_unique(many: list[str]) -> None:
    for indices in (None, parse_slice("0:2")):
        found = unique_names([UriMeaning("a.h5", path, indices) for path in many])
        assert len(set(found)) == len(many)
