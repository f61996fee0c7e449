# SPDX-License-Identifier: MIT
"""The Ewoks task: inputs, outputs, progress and cancellation. Needs ewokscore, not the original."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import CancelledError
from pathlib import Path
from typing import Any, Self

import h5py
import numpy as np
import pytest
from ewokscore.progress import BasePercentageProgress
from ewokscore.task import TaskInputError

from ndreg_preeval import Limits, rank_stacks
from ndreg_preeval.ewoks.reg2d_preeval import Reg2DPreEvaluation, Reg2DPreEvaluationReport
from tests.support.scenes import drifting, three

ORDER = ["clear", "fair", "poor"]
FOUR = {"image_stacks", "reference_stack", "ranked_stack_names", "output_configuration"}
REPORT = {"scores", "trust", "report"}


def execute(image_stacks: Any, **inputs: Any) -> dict[str, Any]:
    task = Reg2DPreEvaluation(inputs={"image_stacks": image_stacks, **inputs})
    task.execute()
    assert task.done
    assert task.succeeded
    return dict(task.get_output_values())


def refused(image_stacks: Any, **inputs: Any) -> BaseException:
    """The error that ends the task."""
    with pytest.raises(RuntimeError) as caught:
        execute(image_stacks, **inputs)
    assert caught.value.__cause__ is not None
    assert str(caught.value.__cause__) in str(caught.value)
    return caught.value.__cause__


@pytest.fixture
def group(tmp_path: Path) -> str:
    """An NXdata group with the three stacks, and one more whose name silx would misread."""
    with h5py.File(tmp_path / "scan.h5", "w") as file:
        data = file.create_group("entry/results")
        data.attrs["NX_class"] = "NXdata"
        data.attrs["signal"] = "clear"
        data.attrs["auxiliary_signals"] = ["poor", "fair", "Fe+K"]
        for name, stack in three().items():
            data[name] = stack
        data["Fe+K"] = drifting(1.0, seed=3)
    return f"{tmp_path / 'scan.h5'}::/entry/results"


# ------------------------------------------------------------------ what the original has too


def test_outputs_of_the_original() -> None:
    stacks, configuration = three(), {"a": 1}
    outputs = execute(stacks, output_configuration=configuration)
    assert set(outputs) == FOUR
    assert outputs["image_stacks"] is stacks
    assert outputs["reference_stack"] == "clear"
    assert outputs["ranked_stack_names"] == ORDER
    # The stack that was asked for, not the one that was found; and a copy.
    assert outputs["output_configuration"] == {"a": 1, "reference_stack": None}
    assert configuration == {"a": 1}


def test_forced() -> None:
    outputs = execute(three(), reference_stack="poor")
    assert outputs["reference_stack"] == "poor"
    assert outputs["ranked_stack_names"] is None
    assert outputs["output_configuration"] == {"reference_stack": "poor"}
    assert execute(three(), reference_stack="")["ranked_stack_names"] == ORDER
    error = refused(three(), reference_stack="nope")
    assert isinstance(error, ValueError)
    assert "reference_stack='nope' must be one of the stacks 'poor', 'clear', 'fair'" in str(error)


def test_skip() -> None:
    stacks = {"a": "no_such_file.h5::/a"}
    assert execute(stacks, reference_stack="unknown", skip=True) == {
        "image_stacks": stacks,
        "reference_stack": "unknown",
        "ranked_stack_names": None,
        "output_configuration": {"reference_stack": "unknown"},
    }


def test_what_has_to_be_there() -> None:
    with pytest.raises(TaskInputError, match="image_stacks"):
        Reg2DPreEvaluation(inputs={"reference_stack": "a"})
    assert Reg2DPreEvaluation.required_input_names() == {"image_stacks"}
    assert {"reference_stack", "output_configuration", "skip"} < Reg2DPreEvaluation.optional_input_names()
    assert set(Reg2DPreEvaluation.output_names()) == FOUR
    assert set(Reg2DPreEvaluationReport.output_names()) == FOUR | REPORT
    assert Reg2DPreEvaluationReport.input_names() == Reg2DPreEvaluation.input_names()
    assert "image_stacks holds no stack" in str(refused({}))
    assert "output_configuration must be a mapping" in str(refused(three(), output_configuration=[1]))


# ------------------------------------------------------------------ what it has beyond


def report_on(image_stacks: Any, **inputs: Any) -> dict[str, Any]:
    task = Reg2DPreEvaluationReport(inputs={"image_stacks": image_stacks, **inputs})
    task.execute()
    assert task.succeeded
    return dict(task.get_output_values())


def test_report() -> None:
    outputs = report_on(three())
    ranking = rank_stacks(three())
    assert set(outputs) == FOUR | REPORT
    assert outputs["scores"] == dict(ranking.scores)
    assert list(outputs["scores"]) == ORDER
    assert outputs["trust"] == ranking.trust
    assert outputs["report"] == ranking.to_dict()
    assert json.loads(json.dumps(outputs["report"], allow_nan=False)) == outputs["report"]


def test_report_where_nothing_is_scored() -> None:
    outputs = report_on(three(), skip=True)
    assert {name: outputs[name] for name in REPORT} == dict.fromkeys(REPORT)
    outputs = report_on(three(), reference_stack="fair")
    assert (outputs["scores"], outputs["trust"]) == ({}, "Nothing was scored.")
    assert outputs["report"]["reference_stack"] == "fair"


def test_the_word_none_is_none_where_none_is_a_choice() -> None:
    """To Orange None is an input that was not given: its form says the word."""
    task = Reg2DPreEvaluation(inputs={"image_stacks": three(), "normalization": "none", "window": "none"})
    task.execute()
    assert task.ranking is not None
    assert task.ranking.options.normalization is None
    assert task.ranking.options.window is None
    assert "pairing" in str(refused(three(), pairing="none"))


def test_options_are_handed_on() -> None:
    mask = np.ones((32, 40), bool)
    mask[:4] = False
    options = {"method": "robust", "reference_image": -1, "pairing": "previous", "precision": "double"}
    options |= {"mask": mask, "max_shift": 12, "num_threads": 1, "memory_limit": 1 << 20}
    task = Reg2DPreEvaluation(inputs={"image_stacks": three(), **options})
    task.execute()
    assert task.ranking is not None
    assert task.ranking.options == rank_stacks(three(), **options).options  # type: ignore[arg-type]
    assert "reference_image=9 is outside" in str(refused(three(), reference_image=9))
    assert "precision must be one of" in str(refused(three(), precision="half"))


def test_limits_as_json() -> None:
    task = Reg2DPreEvaluation(inputs={"image_stacks": three(), "limits": {"image_bytes": None}})
    task.execute()
    assert task.ranking is not None
    assert task.ranking.options.limits == Limits(image_bytes=None)
    assert "limits has no 'bytes'" in str(refused(three(), limits={"bytes": 3}))
    assert isinstance(refused(three(), limits=3), TypeError)


def test_ranking_as_nexus(tmp_path: Path) -> None:
    url = f"{tmp_path / 'ranking.h5'}::/entry/ranking"
    execute(three(), output_url=url)
    with h5py.File(tmp_path / "ranking.h5") as file:
        assert file["entry/ranking/reference_stack"][()] == b"clear"
    # It is refused before any image is read: reading these would be another error.
    assert isinstance(refused({"a": Untouchable()}, output_url=url), FileExistsError)
    execute({**three(), "fair": drifting(0.01)}, output_url=url, overwrite=True)
    with h5py.File(tmp_path / "ranking.h5") as file:
        assert file["entry/ranking/reference_stack"][()] == b"fair"
    execute(three(), output_url=str(tmp_path / "none.h5"), skip=True)
    assert not (tmp_path / "none.h5").exists()


# ------------------------------------------------------------------ what is handed on


def test_a_list_is_handed_on_by_name(group: str) -> None:
    uris = [f"{group}/poor", f"{group}/clear", f"{group}/fair"]
    outputs = execute(uris)
    assert outputs["reference_stack"] == "clear"
    assert outputs["image_stacks"] == dict(zip(["poor", "clear", "fair"], uris, strict=True))
    assert execute(uris, reference_stack="fair")["image_stacks"] == outputs["image_stacks"]
    assert execute([Path(uri) for uri in uris])["image_stacks"] == outputs["image_stacks"]


def test_a_group_is_handed_on_as_its_stacks(group: str) -> None:
    from silx.io.url import DataUrl

    for stacks, prefix in ((group, ""), ([group], ""), ({"all": group}, "all/")):
        outputs = execute(stacks)
        handed = outputs["image_stacks"]
        assert list(handed) == [prefix + name for name in ("clear", "poor", "fair", "Fe+K")]
        assert outputs["reference_stack"] == prefix + "clear"
        assert handed[prefix + "clear"] == f"{group}/clear"
        # As text, silx would read the plus as a blank.
        plus = handed[prefix + "Fe+K"]
        assert isinstance(plus, DataUrl)
        assert plus.data_path() == "/entry/results/Fe+K"
        assert execute(handed)["ranked_stack_names"] == outputs["ranked_stack_names"]


@pytest.mark.parametrize("kind", ["array", "dask", "hdf5", "uri", "bare array", "bare uri"])
def test_stacks_along_an_axis_are_handed_on(tmp_path: Path, kind: str) -> None:
    order = ("poor", "clear", "fair")
    value: Any = np.stack([three()[name] for name in order], axis=1)
    if kind == "dask":
        value = pytest.importorskip("dask.array").from_array(value)
    if kind in ("hdf5", "uri", "bare uri"):
        with h5py.File(tmp_path / "a.h5", "w") as file:
            file["maps"] = value
        value = f"{tmp_path}/a.h5::/maps"
    opened = h5py.File(tmp_path / "a.h5") if kind == "hdf5" else None
    value = value if opened is None else opened["maps"]
    prefix = "" if kind.startswith("bare") else "scan/"
    outputs = execute({"scan": value} if prefix else value, stacks_axis=1)
    if opened is not None:
        opened.close()
    handed = outputs["image_stacks"]
    assert list(handed) == [f"{prefix}{number}" for number in range(3)]
    assert outputs["reference_stack"] == f"{prefix}1"
    if kind.endswith("uri"):
        url = handed[f"{prefix}1"]  # silx would take the slice in the text for a part of the path
        assert (url.file_path(), url.data_path(), url.data_slice()) == (
            f"{tmp_path}/a.h5",
            "/maps",
            (slice(None), 1),
        )
    if kind == "hdf5":
        assert handed[f"{prefix}1"] == f"{tmp_path}/a.h5::/maps&slice=:,1"
    again = execute(handed)
    assert (
        again["ranked_stack_names"] == outputs["ranked_stack_names"] == [prefix + number for number in "120"]
    )


def test_unreadable_stacks_are_handed_on(group: str) -> None:
    uris = [f"{group}/clear", f"{group}/lost"]
    with pytest.warns(match="could not be read and is ranked last"):
        outputs = execute(uris, on_error="rank_last")
    assert outputs["ranked_stack_names"] == ["clear", "lost"]
    assert outputs["image_stacks"] == {"clear": uris[0], "lost": uris[1]}


class InputStacks(Mapping[str, Any]):
    """As that of ewoksndreg: empty until it is entered, and after it was left."""

    def __init__(self, file: str, names: list[str]) -> None:
        self.file, self.names = file, names
        self.data: dict[str, Any] = {}

    def __enter__(self) -> Self:
        self.opened = h5py.File(self.file)
        self.data = {name: self.opened[f"entry/results/{name}"] for name in self.names}
        return self

    def __exit__(self, *_: object) -> None:
        self.data = {}
        self.opened.close()

    def __getitem__(self, name: str) -> Any:
        return self.data[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.data)

    def __len__(self) -> int:
        return len(self.data)


def test_input_stacks(group: str) -> None:
    stacks = InputStacks(group.partition("::")[0], ["poor", "clear", "fair"])
    outputs = execute(stacks)
    assert outputs["image_stacks"] is stacks
    assert outputs["ranked_stack_names"] == ORDER
    assert not stacks
    assert not stacks.opened  # closed again
    with stacks:
        assert execute(stacks)["image_stacks"] is stacks
        assert len(stacks) == 3, "who opened it closes it"
        assert execute(stacks, reference_stack="fair")["reference_stack"] == "fair"


# ------------------------------------------------------------------ cost of validation


class Untouchable:
    """A stack that says what it is, and fails when a pixel is asked for."""

    shape = (1000, 512, 512)
    dtype = np.dtype("f4")

    def __len__(self) -> int:
        raise AssertionError("counted")

    def __getitem__(self, index: object) -> Any:
        raise AssertionError("read")

    def __iter__(self) -> Any:
        raise AssertionError("walked through")

    def __array__(self, *_: object, **__: object) -> Any:
        raise AssertionError("converted")


class UntouchableImages(list[Any]):
    """A sequence of a million images that nobody may look at."""

    def __len__(self) -> int:
        return 1_000_000

    __getitem__ = Untouchable.__getitem__
    __iter__ = Untouchable.__iter__


def test_validation_touches_no_image() -> None:
    stacks = {
        "a": Untouchable(),
        "b": UntouchableImages(),
        "c": np.broadcast_to(np.float32(0), (1000, 512, 512)),
    }
    outputs = execute(stacks, skip=True)
    assert outputs["image_stacks"] is stacks
    assert all(outputs["image_stacks"][name] is stack for name, stack in stacks.items())
    assert isinstance(refused(stacks), AssertionError), "the stand-ins do notice"


# ------------------------------------------------------------------ progress and cancellation


class Progress(BasePercentageProgress):
    """Remembers what it is told, and tells `then` about it."""

    def __init__(self, then: Any = None) -> None:
        super().__init__()
        self.told: list[int] = []
        self.then = then

    def _update(self) -> None:
        self.told.append(self.progress)
        if self.then is not None:
            self.then()


def test_progress() -> None:
    progress = Progress()
    stacks = {name: drifting(0.1, n=30, shape=(64, 64), seed=seed) for seed, name in enumerate("ab")}
    task = Reg2DPreEvaluation(inputs={"image_stacks": stacks, "memory_limit": 1024}, progress=progress)
    task.execute()
    assert progress.told == sorted(set(progress.told))
    assert len(progress.told) > 1
    assert progress.told[-1] == task.progress == 100


@pytest.mark.parametrize("on_error", ["raise", "rank_last"])
@pytest.mark.parametrize("in_file", [False, True])
def test_cancel(group: str, on_error: str, in_file: bool) -> None:
    def cancel() -> None:
        other = threading.Thread(target=task.cancel)
        other.start()
        other.join()

    stacks = group if in_file else three()
    progress = Progress(cancel)
    inputs = {"image_stacks": stacks, "on_error": on_error}
    task = Reg2DPreEvaluation(inputs=inputs, progress=progress)
    with pytest.raises(RuntimeError, match=r"cancelled after \d+ of \d+ images") as caught:
        task.execute()
    assert isinstance(caught.value.__cause__, CancelledError)
    assert task.cancelled
    assert task.failed
    assert not task.succeeded
    assert task.ranking is None
    progress.then = None
    task.execute()
    assert task.succeeded
    assert not task.cancelled
    assert task.outputs.reference_stack == "clear"
