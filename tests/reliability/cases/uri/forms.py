# SPDX-License-Identifier: MIT
"""Every way to write where a stack is: forms that must be read."""

from __future__ import annotations

import os
import resource
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from ...outcomes import (
    FOUR,
    NAMES_BAD,
    NAMES_GOOD,
    OTHERS_IN_ORDER,
    RANKED,
    REFUSED,
    error,
    rank,
    ranking,
    require,
)
from ...support import excellent, faulty, good, images
from ...support import rank as plain_rank
from ...table import Section
from ...uris import beside, good_file, write

uri = Section("uri")
FILE_REFUSED = error(OSError, ValueError, KeyError, naming=["ok.h5"])


def form(pattern: str) -> Callable[[Path], Any]:
    """The good stacks, each by a URI of this form."""

    def build(folder: Path) -> Any:
        good_file(folder)
        return {name: pattern.format(file=folder / "ok.h5", dir=folder, name=name) for name in good()}

    return build


def objects(make: Callable[[Path, str], Any]) -> Callable[[Path], Any]:
    """The good stacks, each by an object made of file and dataset path."""

    def build(folder: Path) -> Any:
        good_file(folder)
        return {name: make(folder / "ok.h5", f"/entry/{name}") for name in good()}

    return build


def data_url(*args: Any, **kwargs: Any) -> Any:
    from silx.io.url import DataUrl

    return DataUrl(*args, **kwargs)


for name, pattern in {
    "colons": "{file}::/entry/{name}",
    "silx_scheme": "silx://{file}::/entry/{name}",
    "silx_path_query": "silx://{file}?path=/entry/{name}",
    "silx_bare_query": "silx://{file}?/entry/{name}",
    "silx_single_colon": "silx:{file}::/entry/{name}",
    "plain_query": "{file}?path=/entry/{name}",
    "dataset_no_leading_slash": "{file}::entry/{name}",
    "slice_ellipsis": "silx://{file}?path=/entry/{name}&slice=...",
    "slice_all": "silx://{file}?path=/entry/{name}&slice=:,:,:",
}.items():
    uri.add(name, pattern, form(pattern), RANKED)
uri.add(
    "dataset_trailing_slash",
    "a slash after the dataset",
    form("{file}::/entry/{name}/"),
    RANKED,
    FILE_REFUSED,
)


@uri.case("dot_segments", "/./ and /../ in the path", RANKED, FILE_REFUSED)
def _(folder: Path) -> Any:
    (folder / "below").mkdir()
    return form("{dir}/./below/../ok.h5::/entry/{name}")(folder)


uri.add("dataurl", "DataUrl from text", objects(lambda f, d: data_url(f"silx://{f}?path={d}")), RANKED)
uri.add(
    "dataurl_fields",
    "DataUrl from its parts",
    objects(lambda f, d: data_url(file_path=str(f), data_path=d, scheme="silx")),
    RANKED,
)
uri.add(
    "dataurl_no_scheme",
    "DataUrl without scheme",
    objects(lambda f, d: data_url(file_path=str(f), data_path=d)),
    RANKED,
)
uri.add("pathlib", "pathlib.Path", objects(lambda f, d: Path(f"{f}::{d}")), RANKED, NAMES_GOOD)
uri.add("bytes", "URIs as bytes", objects(lambda f, d: f"{f}::{d}".encode()), RANKED, NAMES_GOOD)


@uri.case("relative", "relative to the working directory", RANKED)
def _(folder: Path) -> Any:
    good_file(folder)
    os.chdir(folder)
    return {name: f"ok.h5::/entry/{name}" for name in good()}


def listed(folder: Path) -> list[str]:
    return list(good_file(folder).values())


uri.add("tuple", "a tuple of URIs", lambda folder: tuple(listed(folder)), RANKED, REFUSED)
uri.add("list_dataurl", "a list of DataUrl", lambda folder: [data_url(u) for u in listed(folder)], RANKED)
uri.add("ndarray_of_uris", "a numpy array of URIs", lambda folder: np.array(listed(folder)), RANKED, REFUSED)
uri.add("list_empty", "an empty list", lambda _: [], rank(), REFUSED)
ONE = ranking("one name that says something", lambda got: len(got) == 1 and bool(str(got[0]).strip("/. ")))
uri.add("list_one", "a list of a single URI", lambda folder: listed(folder)[:1], ONE)
uri.add(
    "bare_dataurl",
    "one DataUrl instead of a list",
    lambda folder: data_url(listed(folder)[0]),
    error(ValueError, TypeError, naming=["DataUrl"]),
)


@uri.case(
    "list_same_dataset_other_files",
    "the same dataset of three files: none may be lost",
    ranking("3 distinct names", lambda got: len(set(got)) == 3),
    error(ValueError, KeyError, naming=["a0.h5", "a1.h5", "a2.h5", "/entry/data"]),
)
def _(folder: Path) -> Any:
    return [write(folder / f"a{i}.h5", {"data": stack})["data"] for i, stack in enumerate(good().values())]


@uri.case("dict_same_uri_two_names", "a tie in mapping order", rank("z1", "z2", "kilo"))
def _(folder: Path) -> Any:
    found = good_file(folder)
    return {"kilo": found["kilo"], "z1": found["zeta"], "z2": found["zeta"]}


@uri.case("nested_list_names", "names relative to the common parent", rank("a/zeta", "b/alpha", "b/kilo"))
def _(folder: Path) -> Any:
    stacks = good()
    nested = {"b/kilo": stacks["kilo"], "a/zeta": stacks["zeta"], "b/alpha": stacks["alpha"]}
    return list(write(folder / "nested.h5", nested).values())


SLICE_REFUSED = error(OSError, ValueError, KeyError, TypeError, NotImplementedError, naming=["slice"])


def sliced(folder: Path, name: str, hide: Callable[[Any, Any], Any], text: str) -> Any:
    """Stacks hidden in junk, all but alpha: it is the best as long as the slice is ignored."""
    stacks = good()
    junk = images(5.0, seed=9)
    hidden = {key: hide(stack, stack if key == "alpha" else junk) for key, stack in stacks.items()}
    if hidden["kilo"].ndim == 3:
        require(plain_rank(hidden)[0] == "alpha", "the slice makes no difference")
    write(folder / name, hidden)
    return {key: f"silx://{folder / name}?path=/entry/{key}&slice={text}" for key in stacks}


uri.add(
    "slice_tail",
    "slice=4:8 leaves out junk that comes first",
    lambda folder: sliced(folder, "tail.h5", lambda a, junk: np.concatenate([junk, a]), "4:8"),
    RANKED,
    SLICE_REFUSED,
)
uri.add(
    "slice_4d",
    "slice=1,:,:,: of 4 dimensions",
    lambda folder: sliced(folder, "four.h5", lambda a, junk: np.stack([junk, a]), "1,:,:,:"),
    RANKED,
    SLICE_REFUSED,
)
uri.add(
    "slice_step",
    "slice=::2 leaves out junk at the odd images",
    lambda folder: sliced(
        folder, "step.h5", lambda a, junk: np.stack([a, junk], 1).reshape(-1, 32, 40), "::2"
    ),
    RANKED,
    SLICE_REFUSED,
)
BAD_SLICE = error(OSError, ValueError, KeyError, TypeError, NotImplementedError, naming=["stk_bad", "slice"])


def bad_slice(text: str) -> Callable[[Path], Any]:
    def build(folder: Path) -> Any:
        write(folder / "b.h5", {"stk_bad": excellent()})
        return beside(folder, f"silx://{folder / 'b.h5'}?path=/entry/stk_bad&slice={text}")

    return build


uri.add("slice_empty_result", "slice=90:99 beyond the data", bad_slice("90:99"), BAD_SLICE)
uri.add("slice_blank", "slice= and nothing", bad_slice(""), BAD_SLICE)
uri.add("slice_negative_step", "slice=::-1", bad_slice("::-1"), FOUR, BAD_SLICE)


@uri.case("uri_among_arrays", "a URI among arrays", OTHERS_IN_ORDER, NAMES_BAD)
def _(folder: Path) -> Any:
    return faulty(write(folder / "b.h5", {"stk_bad": excellent()})["stk_bad"])


MANY = ranking("300 names, zeta first", lambda got: len(got) == 300 and got[0] == "zeta")


@uri.case("many_files", "300 files while only 128 may be open", MANY)
def _(folder: Path) -> Any:
    rng = np.random.default_rng(8)
    stacks: dict[str, Any] = {f"f{i}": rng.standard_normal((2, 16, 16)) for i in range(299)}
    stacks = {**dict(list(stacks.items())[:200]), "zeta": images(0.05, n=2), **stacks}
    found = {name: write(folder / f"{name}.h5", {name: stack})[name] for name, stack in stacks.items()}
    resource.setrlimit(resource.RLIMIT_NOFILE, (128, 128))
    return found
