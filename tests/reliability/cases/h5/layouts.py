# SPDX-License-Identifier: MIT
"""HDF5 datasets that are all right, in every layout, filter and type: they must be read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from ...outcomes import FOUR, OTHERS_IN_ORDER, RANKED, error
from ...support import excellent, good, to_range
from ...table import Section
from ...uris import beside, good_file, write

h5 = Section("h5")
FAMILIES = (OSError, ValueError, KeyError, TypeError, RuntimeError)
H5_REFUSED = error(*FAMILIES, naming=["stk_bad", "b.h5"])


def stored(change: Callable[[NDArray[Any]], Any] | None = None, **layout: Any) -> Callable[[Path], Any]:
    """The good stacks, written with this layout."""
    return lambda folder: write(folder / "ok.h5", good(change=change), **layout)


def counts(stack: NDArray[Any]) -> NDArray[Any]:
    return to_range(stack, 0, 60000, "u2")


for name, what, layout in (
    ("contiguous", "no chunks", {}),
    ("chunks_odd", "chunks that do not divide the shape", {"chunks": (3, 7, 11)}),
    ("chunks_tiny", "chunks of one pixel", {"chunks": (1, 1, 1)}),
    ("chunk_larger", "a chunk larger than the data", {"chunks": (16, 64, 64), "maxshape": (None,) * 3}),
    ("gzip", "deflate", {"compression": "gzip", "chunks": (1, 32, 40)}),
    ("gzip_shuffle", "shuffle and deflate", {"compression": "gzip", "shuffle": True}),
    ("chunk_columns", "every image touches every chunk", {"chunks": (4, 32, 1), "compression": "gzip"}),
):
    h5.add(name, what, stored(**layout), RANKED)

h5.add(
    "scaleoffset_int",
    "scale-offset filter on uint16",
    stored(counts, chunks=(1, 32, 40), scaleoffset=0),
    RANKED,
)
h5.add(
    "scaleoffset_float",
    "lossy scale-offset filter on float32",
    stored(lambda a: a.astype("f4"), chunks=(1, 32, 40), scaleoffset=3),
    RANKED,
)


def plugin(make: Callable[[Any], Any]) -> Callable[[Path], Any]:
    """The good stacks behind a filter of hdf5plugin."""

    def build(folder: Path) -> Any:
        import hdf5plugin

        return stored(counts, chunks=(2, 32, 40), **make(hdf5plugin))(folder)

    return build


h5.add("bitshuffle_lz4", "bitshuffle-lz4", plugin(lambda p: p.Bitshuffle(cname="lz4")), RANKED)
h5.add("bitshuffle_zstd", "bitshuffle-zstd", plugin(lambda p: p.Bitshuffle(cname="zstd")), RANKED)
h5.add("lz4", "lz4", plugin(lambda p: p.LZ4()), RANKED)
h5.add("blosc", "blosc", plugin(lambda p: p.Blosc()), RANKED)
h5.add("blosc2", "blosc2", plugin(lambda p: p.Blosc2()), RANKED)
h5.add("zstd", "zstd", plugin(lambda p: p.Zstd()), RANKED)

h5.add("big_endian", "big-endian float32 in the file", stored(lambda a: a.astype(">f4")), RANKED)
h5.add("uint16", "uint16 in the file", stored(counts), RANKED)
h5.add("uint64", "uint64 in the file", stored(lambda a: to_range(a, 0, 2**40, "u8")), RANKED)
h5.add(
    "bool",
    "bool, an enumeration in HDF5",
    stored(lambda a: a > 0),
    RANKED,
    error(*FAMILIES, naming=["kilo", "zeta", "alpha"]),
)


@h5.case("compact_latest", "compact layout, newest format, creation order, user block", RANKED)
def _(folder: Path) -> Any:
    import h5py

    file = folder / "ok.h5"
    with h5py.File(file, "w", libver="latest", track_order=True, userblock_size=1024) as handle:
        group = handle.create_group("entry", track_order=True)
        for name, stack in good().items():
            layout = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
            layout.set_layout(h5py.h5d.COMPACT)
            space = h5py.h5s.create_simple(stack.shape)
            kind = h5py.h5t.NATIVE_DOUBLE
            dataset = h5py.h5d.create(group.id, name.encode(), kind, space, layout)
            dataset.write(h5py.h5s.ALL, h5py.h5s.ALL, stack)
    return {name: f"{file}::/entry/{name}" for name in good()}


@h5.scenario("chunk_thrash", "96 images in one deflate chunk larger than the chunk cache: inflate it once")
def _(folder: Path) -> None:
    from tests.support.effort import counted

    from ...support import rank, strict_warnings

    stacks = good(n=96, shape=(96, 80))  # 5.9 MB a chunk
    found = write(folder / "ok.h5", stacks, chunks=(96, 96, 80), compression="gzip", compression_opts=1)
    strict_warnings()
    with counted() as effort:
        got = rank(found)
    assert got == ["zeta", "alpha", "kilo"], got
    # What is inflated is read before: for each image, that would be the file 96 times.
    size = (folder / "ok.h5").stat().st_size
    assert effort.read < 2 * size, f"{effort.read} bytes were read of {size}"


@h5.case("virtual_ok", "a virtual dataset over 4 files", RANKED)
def _(folder: Path) -> Any:
    return {name: virtual(folder, name, stack) for name, stack in good().items()}


def virtual(
    folder: Path, name: str, stack: NDArray[Any], missing: tuple[int, ...] = (), fill: float | None = None
) -> str:
    """A stack as a virtual dataset of one file an image; the sources `missing` are never written."""
    import h5py

    layout = h5py.VirtualLayout(stack.shape, stack.dtype)
    for i, image in enumerate(stack):
        source = folder / f"{name}-{i}.h5"
        if i not in missing:
            with h5py.File(source, "w") as handle:
                handle["image"] = image
        layout[i] = h5py.VirtualSource(source, "image", image.shape)
    file = folder / ("b.h5" if name == "stk_bad" else "virtual.h5")
    with h5py.File(file, "a") as handle:
        handle.create_virtual_dataset(f"/entry/{name}", layout, fillvalue=fill)
    return f"{file}::/entry/{name}"


@h5.case("soft_link", "a soft link to a dataset", FOUR)
def _(folder: Path) -> Any:
    import h5py

    write(folder / "b.h5", {"real": excellent()})
    with h5py.File(folder / "b.h5", "a") as handle:
        handle["/entry/stk_bad"] = h5py.SoftLink("/entry/real")
    return beside(folder, f"{folder / 'b.h5'}::/entry/stk_bad")


@h5.case("external_link", "a link to another file", OTHERS_IN_ORDER, H5_REFUSED)
def _(folder: Path) -> Any:
    import h5py

    write(folder / "other.h5", {"real": excellent()})
    with h5py.File(folder / "b.h5", "w") as handle:
        handle["/entry/stk_bad"] = h5py.ExternalLink("other.h5", "/entry/real")
    return beside(folder, f"{folder / 'b.h5'}::/entry/stk_bad")


h5.add(
    "locking_env",
    "HDF5_USE_FILE_LOCKING=TRUE",
    good_file,
    RANKED,
    fresh=True,
    env={"HDF5_USE_FILE_LOCKING": "TRUE"},
)
