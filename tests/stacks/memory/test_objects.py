# SPDX-License-Identifier: MIT
"""Objects of other libraries, as a stack and as the whole argument: the same bits as the arrays in them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ndreg_preeval import rank_stacks, score_stack
from tests.support.scenes import assert_same_numbers, drifting

CA = (1000 * drifting(0.1) + 5000).astype(np.uint16)
FE = (1000 * drifting(0.6, seed=1) + 5000).astype(np.uint16)
STACKS = {"Ca": CA, "Fe": FE}


pytestmark = pytest.mark.filterwarnings("ignore::ndreg_preeval.RankingWarning")


def named(module: str, name: str, bases: tuple[type, ...] = (), **members: Any) -> Any:
    """A class as another library has it, without that library."""
    return type(name, bases, {"__module__": module, **members})


# ------------------------------------------------------------------ hyperspy


class Axis:
    def __init__(self, index: int, name: Any) -> None:
        self.index_in_array = index
        self.name = name


class Signal:
    """What a signal of hyperspy has: data, axes, a title; it is an iterator, too."""

    __module__ = "hyperspy._signals.signal2d"
    _lazy = False

    def __init__(self, data: Any, signal_axes: int = 2, names: Any = None, title: str = "") -> None:
        self.data = data
        axes = [Axis(index, names[index] if names else object()) for index in range(data.ndim)]
        kinds = {"signal_axes": axes[::-1][:signal_axes], "navigation_axes": axes[::-1][signal_axes:]}
        self.axes_manager = type("Axes", (), kinds)
        general = type("General", (), {"title": title})
        self.metadata = type("Metadata", (), {"General": general})

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        return np.asarray(self.data)

    def __getitem__(self, index: Any) -> Any:
        raise AssertionError("signals are not indexed as arrays are")

    def __next__(self) -> Any:
        raise AssertionError("it must not be used up")

    def __iter__(self) -> Any:
        return self


def hyperspy_signal(array: Any, kind: str, title: str = "") -> Any:
    signals = pytest.importorskip("hyperspy.api").signals
    found = getattr(signals, kind)(array)
    found.metadata.General.title = title
    return found


def last(array: Any) -> Any:
    return np.ascontiguousarray(np.moveaxis(array, 0, -1)) if array.ndim == 3 else array


SIGNALS: dict[str, Callable[[Any], Any]] = {
    "images": Signal,
    "spectra in a map": lambda a: Signal(last(a), signal_axes=1),
    "axes with names": lambda a: Signal(last(a), signal_axes=2, names=("y", "x", "Energy")),
    "lazy": lambda a: Signal(pytest.importorskip("dask.array").from_array(a, chunks=(2, 20, 20))),
    "hyperspy, images": lambda a: hyperspy_signal(a, "Signal2D"),
    "hyperspy, spectra": lambda a: hyperspy_signal(last(a), "Signal1D"),
    "hyperspy, lazy images": lambda a: hyperspy_signal(a, "Signal2D").as_lazy(),
    "hyperspy, lazy spectra": lambda a: hyperspy_signal(last(a), "Signal1D").as_lazy(),
}


@pytest.mark.filterwarnings("ignore")  # of hyperspy, on import
@pytest.mark.parametrize("kind", SIGNALS)
def test_a_signal_is_a_stack(kind: str) -> None:
    signal = SIGNALS[kind](CA)
    found = score_stack(signal)
    assert_same_numbers(found, score_stack(CA))
    assert found.dtype == "uint16"
    assert found.image_axis == (0 if "images" in kind or kind == "lazy" else 2)
    assert_same_numbers(rank_stacks({"a": signal, "b": FE}).stacks["a"], found)


@pytest.mark.parametrize("kind", ["images", "spectra in a map", "lazy"])
def test_an_axis_that_is_asked_for_wins(kind: str) -> None:
    signal = SIGNALS[kind](CA)
    assert_same_numbers(score_stack(signal, image_axis=1), score_stack(np.asarray(signal), image_axis=1))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "make",
    [
        lambda array, title: Signal(array, title=title),
        lambda array, title: hyperspy_signal(array, "Signal2D", title),
    ],
    ids=["protocol", "hyperspy"],
)
def test_signals_of_one_file(make: Any) -> None:
    """What hyperspy's load gives, where a file holds several."""
    signals = [make(CA, "Ca"), make(FE, "Fe"), make(CA, "Ca"), make(CA[0], "mean"), make(FE, "")]
    ranking = rank_stacks(signals)
    assert set(ranking.stacks) == {"Ca", "Fe", "Ca (2)", "4"}
    assert_same_numbers(ranking.stacks["Ca (2)"], score_stack(CA))
    assert_same_numbers(ranking.stacks["4"], score_stack(FE))


def test_signals_of_one_image_each_are_a_stack() -> None:
    images = [Signal(image) for image in CA]
    assert_same_numbers(score_stack(images), score_stack(CA))
    assert_same_numbers(rank_stacks({"a": images, "b": FE}).stacks["a"], score_stack(CA))


@pytest.mark.filterwarnings("ignore")  # of hyperspy, on import
@pytest.mark.parametrize(
    "make", [Signal, lambda a: hyperspy_signal(a, "Signal2D")], ids=["protocol", "hyperspy"]
)
def test_a_signal_of_four_axes_is_several_stacks(make: Any) -> None:
    both = np.stack([CA, FE])
    found = rank_stacks(make(both), stacks_axis=0)
    assert set(found.stacks) == {"0", "1"}
    assert_same_numbers(found.stacks["1"], score_stack(FE))
    assert rank_stacks({"a": make(both)}, stacks_axis=0).scores["a/0"] == found.scores["0"]
    with pytest.raises(TypeError, match=r"or say by stacks_axis= which of its 4 axes counts stacks"):
        rank_stacks(make(both))


def test_axes_of_a_signal_say_which_counts_stacks() -> None:
    found = rank_stacks(Signal(np.stack([CA, FE]), names=("element", "energy", "y", "x")))
    assert found.scores == rank_stacks({"0": CA, "1": FE}).scores


# ------------------------------------------------------------------ napari


class Layer:
    __module__ = "napari.layers.base.base"

    def __init__(self, data: Any, name: str = "layer", multiscale: bool = False, rgb: bool = False) -> None:
        self.data = data
        self.name = name
        self.multiscale = multiscale
        self.rgb = rgb
        shown = data[0] if multiscale else data
        self.axis_labels = tuple(str(axis - shown.ndim) for axis in range(shown.ndim))


class Image(Layer):
    __module__ = "napari.layers.image.image"


class Labels(Layer):
    __module__ = "napari.layers.labels.labels"


LayerList = named("napari.components.layerlist", "LayerList", (list,))
ViewerModel = named("napari.components.viewer_model", "ViewerModel")
Viewer = named("napari.viewer", "Viewer", (ViewerModel,))


def with_labels(layer: Any, labels: tuple[str, ...]) -> Any:
    layer.axis_labels = labels
    return layer


LAYERS: dict[str, Callable[[Any], Any]] = {
    "array": Image,
    "levels": lambda a: Image([a, a[:, ::2, ::2]], multiscale=True),
    "lazy": lambda a: Image(pytest.importorskip("dask.array").from_array(a, chunks=(2, 20, 20))),
    "labels of axes": lambda a: with_labels(Image(last(a)), ("y", "x", "time")),
}


@pytest.mark.parametrize("kind", LAYERS)
def test_a_layer_is_a_stack(kind: str) -> None:
    assert_same_numbers(score_stack(LAYERS[kind](CA)), score_stack(CA))
    assert_same_numbers(rank_stacks({"a": LAYERS[kind](CA), "b": FE}).stacks["a"], score_stack(CA))


@pytest.mark.parametrize("whole", [list, tuple, LayerList, "viewer"])
def test_layers_as_the_whole_argument(whole: Any) -> None:
    layers = [Image(CA, "Ca"), Labels(CA, "cells"), Image(CA[0], "mean"), Image(FE, "Fe")]
    layers.append(Image(np.zeros((*CA.shape, 3), np.uint8), "photograph", rgb=True))
    if whole == "viewer":
        value = Viewer()
        value.layers = LayerList(layers)
    else:
        value = whole(layers)
    ranking = rank_stacks(value)
    assert set(ranking.stacks) == {"Ca", "Fe"}
    for name, stack in STACKS.items():
        assert_same_numbers(ranking.stacks[name], score_stack(stack))


def test_other_layers_are_refused() -> None:
    with pytest.raises(TypeError, match=r"stack 'a'.*an Image layer of napari, not Labels"):
        rank_stacks({"a": Labels(CA)})
    with pytest.raises(TypeError, match="shows colours"):
        score_stack(Image(CA, rgb=True))
    with pytest.raises(ValueError, match=r"no image stack was found in this LayerList.*'mean' \(32, 40\)"):
        rank_stacks(LayerList([Image(CA[0], "mean")]))


# ------------------------------------------------------------------ pims, dask-image


class Frames:
    """What a sequence of pims has; slices of it are sequences without shape and dtype."""

    __module__ = "pims.base_frames"

    def __init__(self, array: Any) -> None:
        self._array = array
        self.shape = array.shape
        self.dtype = array.dtype

    def __len__(self) -> int:
        return len(self._array)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return Some([self._array[i] for i in range(*index.indices(len(self)))])
        return self._array[index]


class Some:
    def __init__(self, images: list[Any]) -> None:
        self._images = images

    def __len__(self) -> int:
        return len(self._images)

    def __getitem__(self, index: int) -> Any:
        return self._images[index]


def pims_frames(array: Any) -> Any:
    pims = pytest.importorskip("pims")

    class Sequence(pims.FramesSequence):  # type: ignore[misc]
        frame_shape = array.shape[1:]
        pixel_type = array.dtype

        def __len__(self) -> int:
            return len(array)

        def get_frame(self, i: int) -> Any:
            return pims.Frame(array[i], frame_no=i)

    return Sequence()


SEQUENCES: dict[str, Callable[[Any], Any]] = {
    "frames": Frames,
    "frames of unknown shape": lambda a: Some(list(a)),
    "pims": pims_frames,
    "pims, pipeline": lambda a: pytest.importorskip("pims").pipeline(lambda image: image)(pims_frames(a)),
}


@pytest.mark.parametrize("kind", SEQUENCES)
def test_sequences_of_images(kind: str) -> None:
    assert_same_numbers(score_stack(SEQUENCES[kind](CA), memory_limit=3 * CA[0].nbytes), score_stack(CA))


@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_dask_image(tmp_path: Path) -> None:
    tifffile = pytest.importorskip("tifffile")
    imread = pytest.importorskip("dask_image.imread").imread
    for index, image in enumerate(CA):
        tifffile.imwrite(tmp_path / f"im_{index:03}.tif", image)
    assert_same_numbers(score_stack(imread(f"{tmp_path}/im_*.tif")), score_stack(CA))


# ------------------------------------------------------------------ what cannot be a stack


@pytest.mark.parametrize(
    "value",
    [CA, Signal(CA), Image(CA), Frames(CA)],
    ids=["array", "signal", "layer", "frames"],
)
def test_one_stack_is_no_whole_argument(value: Any) -> None:
    with pytest.raises(TypeError, match="must be a mapping"):
        rank_stacks(value)


def test_signals_of_spectra_alone_are_refused() -> None:
    with pytest.raises(ValueError, match=r"stack 'a'.*that is one image"):
        rank_stacks({"a": Signal(CA[0])})
    with pytest.raises(ValueError, match=r"stack 'a'.*take one of its stacks"):
        rank_stacks({"a": Signal(np.stack([CA, FE]))})


# ------------------------------------------------------------------ tifffile


@pytest.mark.parametrize("compression", [None, "zlib"])
@pytest.mark.parametrize("as_list", [False, True])
def test_pages_of_tifffile(compression: str | None, as_list: bool, tmp_path: Path) -> None:
    tifffile = pytest.importorskip("tifffile")
    tifffile.imwrite(tmp_path / "ca.tif", CA, photometric="minisblack", compression=compression)
    with tifffile.TiffFile(tmp_path / "ca.tif") as file:
        assert_same_numbers(score_stack(list(file.pages) if as_list else file.pages), score_stack(CA))
