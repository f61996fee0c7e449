# SPDX-License-Identifier: MIT
"""Frames of Blosc2 against what HDF5's plugin makes of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import hdf5plugin
import numpy as np
import pytest
from numpy.typing import NDArray

from ndreg_preeval import rank_stacks
from ndreg_preeval.stacks.hdf5.codecs.blosc2 import HEAD_BYTES, inflate_frame, read_header

imagecodecs = pytest.importorskip("imagecodecs")
decode = imagecodecs.blosc2_decode

# Shapes of chunks: one block, blocks along one axis, along several, with padding; other numbers of axes.
CHUNKS = (
    (1, 16, 20),
    (1, 512, 512),
    (3, 256, 256),
    (1, 500, 500),
    (2, 300, 350),
    (5, 129, 129),
    (130, 70),
    (100_000,),
    (1, 2, 120, 130),
)
PIXELS: dict[str, Callable[[tuple[int, ...]], NDArray[Any]]] = {
    "noise": lambda shape: np.random.default_rng(5).integers(0, 120, shape),
    "zeros": np.zeros,
    "ones": np.ones,
}


def frame_of(pixels: NDArray[Any], folder: Path, **options: Any) -> bytes:
    """What HDF5 stores for a dataset of one chunk."""
    with h5py.File(folder / "frame.h5", "w") as file:
        made = file.create_dataset("d", data=pixels, chunks=pixels.shape, **hdf5plugin.Blosc2(**options))
        raw: bytes = made.id.read_direct_chunk((0,) * pixels.ndim)[1]
    return raw


def inflate(raw: bytes, size: int, shape: tuple[int, ...] = ()) -> bytes:
    out = np.full(size, 7, np.uint8)
    values = [1, 0, 2, size, 5, 1, 0, len(shape), *shape]
    return inflate_frame(np.frombuffer(raw, np.uint8), out, decode, values).tobytes()


@pytest.mark.parametrize("options", [{}, {"filters": 0}, {"cname": "zstd", "clevel": 3}], ids=str)
@pytest.mark.parametrize("dtype", ["u1", "u2", "f4", "f8"])
@pytest.mark.parametrize("kind", PIXELS)
@pytest.mark.parametrize("shape", CHUNKS, ids=str)
def test_pixels(tmp_path: Path, shape: tuple[int, ...], kind: str, dtype: str, options: Any) -> None:
    pixels = PIXELS[kind](shape).astype(dtype)
    assert inflate(frame_of(pixels, tmp_path, **options), pixels.nbytes) == pixels.tobytes()


@pytest.mark.parametrize("shape", [(1, 500, 500), (2, 300, 350)], ids=str)
@pytest.mark.parametrize("bare", [False, True])
def test_padded_blocks_of_a_stack(
    tmp_path: Path, shape: tuple[int, ...], bare: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if bare:
        monkeypatch.setattr("ndreg_preeval.stacks.hdf5.codecs.blosc2.imagecodec", lambda *_, **__: None)
    rng = np.random.default_rng(1)
    still = rng.integers(0, 900, (500, 500)).astype("u2")
    pixels = np.stack([np.roll(still, (i, 2 * i), (0, 1)) for i in range(4)])
    with h5py.File(tmp_path / "scan.h5", "w") as file:
        made = file.create_dataset("a", data=pixels, chunks=shape, **hdf5plugin.Blosc2())
        raw = made.id.read_direct_chunk((0, 0, 0))[1]
    frame = read_header(raw[:HEAD_BYTES])
    assert frame.size > np.prod(shape) * 2 == frame.pixel_bytes, "no padding: nothing is tested"
    found = rank_stacks({"a": f"{tmp_path / 'scan.h5'}::/a"}).stacks["a"]
    np.testing.assert_array_equal(found.values, rank_stacks({"a": pixels}).stacks["a"].values)


def test_special_values_of_the_index(tmp_path: Path) -> None:
    raw = bytearray(frame_of(np.zeros((4, 30, 30), "f4"), tmp_path))
    frame = read_header(bytes(raw[:HEAD_BYTES]))
    assert frame.stored == 0
    at = frame.header + 32 + 7
    assert raw[at] == 0x81, "zeros"
    raw[at] = 0x82
    assert np.isnan(np.frombuffer(inflate(bytes(raw), 14400), "f4")).all()
    for other in (0x80, 0x83, 0xFF):
        raw[at] = other
        with pytest.raises(ValueError, match="instead of a place"):
            inflate(bytes(raw), 14400)


@pytest.mark.parametrize("shape", [(2, 20, 24), (1, 500, 500)])
def test_no_byte_of_the_headers_can_be_changed_silently(tmp_path: Path, shape: tuple[int, ...]) -> None:
    """Each changed byte leaves the pixels as they are, or is an error."""
    pixels = np.random.default_rng(3).integers(0, 900, shape).astype("u2")
    raw = frame_of(pixels, tmp_path, filters=0, clevel=0)
    frame = read_header(raw)
    errors = 0
    for at in [*range(frame.header + 32), *range(frame.header + frame.stored, len(raw))]:
        for flipped in (1, 0x80, 0xFF):
            damaged = bytearray(raw)
            damaged[at] ^= flipped
            try:
                found = inflate(bytes(damaged), pixels.nbytes, shape)
            except (ValueError, RuntimeError):
                errors += 1
                continue
            assert found == pixels.tobytes(), f"byte {at} ^ {flipped:#x}"
    assert errors > 100


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda raw: raw[:60], "no Blosc2 frame"),
        (lambda raw: b"\0" + raw[1:], "no Blosc2 frame"),
        (lambda raw: raw[:-1], "cut off"),
        (lambda raw: raw[:11] + b"\0\0\0\1" + raw[15:], "do not fit into it"),
        (lambda raw: raw[:58] + bytes(4) + raw[62:], "several chunks"),
        (lambda raw: raw[:30] + (1 << 20).to_bytes(8, "big") + raw[38:], "several chunks"),
        (lambda raw: raw[:30] + (960).to_bytes(8, "big") + raw[38:], "take 1920 bytes"),
        (lambda raw: raw[:92] + b"\xff\xff" + raw[94:95] + b"c" + raw[96:], "metalayers"),
        (lambda raw: raw.replace(b"b2nd", b"b3nd"), "declares the shape"),
    ],
)
def test_damaged_frames(tmp_path: Path, change: Callable[[bytes], bytes], said: str) -> None:
    raw = frame_of(np.arange(960, dtype="u2").reshape(2, 20, 24), tmp_path)
    assert len(inflate(raw, 1920, (2, 20, 24))) == 1920
    with pytest.raises(ValueError, match=said):
        inflate(change(raw), 1920, (2, 20, 24))


def test_another_number_of_pixels(tmp_path: Path) -> None:
    raw = frame_of(np.arange(960, dtype="u2").reshape(2, 20, 24), tmp_path)
    with pytest.raises(ValueError, match="declares 1920 bytes; it must hold 1918 bytes"):
        inflate(raw, 1918)
