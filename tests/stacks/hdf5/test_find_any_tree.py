# SPDX-License-Identifier: MIT
"""Any tree of groups, datasets and links: a search ends in the documented errors, and all that it finds opens."""

from __future__ import annotations

import tempfile
import warnings
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from ndreg_preeval import Limits, RankingWarning, find_stacks
from ndreg_preeval.errors import MAX_MESSAGE
from ndreg_preeval.stacks import resolve_stack, resolve_stacks
from tests.support.examples import examples

NAMES = [
    "1.1",
    "2.1",
    "3.1",
    "a",
    "a*",
    "Ca_1",
    "Ca_2",
    "data",
    "data_000001",
    "x{stack}",
    "b&c=0",
    "[1]",
    "MAPS",
]
SHAPES = [
    (4, 5),
    (4, 6),
    (3, 4, 5),
    (3, 4, 6),
    (1, 4, 5),
    (0, 4, 5),
    (2, 3, 4, 5),
    (1, 3, 4, 5),
    (7,),
    (),
    (2, 50),
]
DOCUMENTED = (OSError, ValueError, KeyError, TypeError)

paths = st.lists(st.sampled_from(NAMES), min_size=1, max_size=4).map("/".join)
datasets = st.tuples(st.just("dataset"), st.sampled_from(SHAPES), st.sampled_from(["f4", "u2", "S3", "c8"]))
links = st.tuples(st.sampled_from(["soft", "hard", "external"]), paths)
attributes = st.tuples(
    st.sampled_from(["NX_class", "signal", "auxiliary_signals", "default"]),
    st.sampled_from(["NXdata", "NXentry", *NAMES]),
)
trees = st.lists(
    st.tuples(paths, st.one_of(datasets, datasets, datasets, links, st.tuples(st.just("group"), attributes))),
    max_size=14,
)


def write(file: h5py.File, path: str, kind: str, *what: Any) -> None:
    try:
        if kind == "dataset":
            file.create_dataset(path, data=np.ones(what[0], what[1]))
        elif kind == "soft":
            file[path] = h5py.SoftLink(f"/{what[0]}")
        elif kind == "hard":
            file[path] = file[what[0]]
        elif kind == "external":
            file[path] = h5py.ExternalLink("a.h5", f"/{what[0]}")
        else:
            file.require_group(path).attrs.update([what[0]])
    except (OSError, ValueError, KeyError, TypeError, RuntimeError):
        pass  # a name that is there, a dataset on the way, a link that leads nowhere


@given(trees)
@examples(60, suppress_health_check=list(HealthCheck))
def test_any_tree(tree: list[tuple[str, tuple[Any, ...]]]) -> None:
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore", RankingWarning)
        name = str(Path(folder, "a.h5"))
        with h5py.File(name, "w") as file:
            for path, what in tree:
                write(file, path, *what)
        try:
            found = find_stacks(name)
        except DOCUMENTED as error:
            assert len(str(error)) < MAX_MESSAGE + 500  # noqa: PT017 - most have none
            found = {}
        for uri in found.values():
            shape = None
            try:
                with resolve_stack(uri, limits=Limits()).open() as source:
                    shape = source.shape
                    assert source.read(0, 1).images[0].shape == shape[1:]
            except DOCUMENTED as error:
                # A stack by its shape may hold no image, and a series may lack a part.
                assert "holds no image" in str(error) or "part data_" in str(error)  # noqa: PT017 - most have none
        for resolve in (resolve_stacks, resolve_stack):
            try:
                specs = resolve(name, limits=Limits())
            except DOCUMENTED as error:
                assert len(str(error)) < MAX_MESSAGE + 500  # noqa: PT017
                continue
            if resolve is resolve_stacks:
                assert len(specs) <= len(found)
