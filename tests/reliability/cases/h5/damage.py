# SPDX-License-Identifier: MIT
"""Chunks that are corrupt, unreadable or far larger than they look."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ...outcomes import BAD_LAST, FOUR, OTHERS_IN_ORDER, RANKED, Outcome, error, require
from ...support import excellent, strict_warnings
from ...table import Build, call, check
from ...uris import bad_uri, good_file, write
from .layouts import FAMILIES, H5_REFUSED, h5

CORRUPT = error(*FAMILIES, MemoryError, naming=["stk_bad", "b.h5"])


def filtered(number: int, payload: bytes) -> Callable[[Path], Any]:
    """Chunks that claim to have gone through a filter which cannot be applied."""

    def build(folder: Path) -> Any:
        import h5py

        layout = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        layout.set_chunk((1, 32, 40))
        # Optional, or the library would refuse to create what it cannot write.
        layout.set_filter(number, h5py.h5z.FLAG_OPTIONAL, (141, 32) if number == 4 else ())
        with h5py.File(folder / "b.h5", "w") as handle:
            group = handle.create_group("entry")
            space = h5py.h5s.create_simple((4, 32, 40))
            made = h5py.h5d.create(group.id, b"stk_bad", h5py.h5t.NATIVE_DOUBLE, space, layout)
            for i in range(4):
                made.write_direct_chunk((i, 0, 0), payload)
        return bad_uri(folder)

    return build


h5.add("missing_filter", "chunks of an unknown filter", filtered(32767, bytes(range(256)) * 8), H5_REFUSED)
h5.add("missing_szip", "chunks of szip, without a decoder", filtered(4, bytes(range(256)) * 8), H5_REFUSED)


def overwritten(place: Callable[[int], int], data: bytes, **layout: Any) -> Callable[[Path], Any]:
    """The excellent stack with some bytes of its chunk 1 replaced."""

    def build(folder: Path) -> Any:
        import h5py

        options = {name: make() if callable(make) else make for name, make in layout.items()}
        plugin = options.pop("plugin", {})
        write(folder / "b.h5", {"stk_bad": excellent()}, chunks=(1, 32, 40), **options, **plugin)
        with h5py.File(folder / "b.h5", "r") as handle:
            chunk = handle["/entry/stk_bad"].id.get_chunk_info(1)
        with (folder / "b.h5").open("r+b") as raw:
            raw.seek(chunk.byte_offset + place(chunk.size))
            raw.write(data)
        return bad_uri(folder)

    return build


def _lz4() -> Any:
    import hdf5plugin

    return hdf5plugin.LZ4()


NOISE = bytes((i * 37 + 11) % 256 for i in range(200))
h5.add(
    "corrupt_gzip",
    "a deflate chunk overwritten in the middle",
    overwritten(lambda size: size // 2, NOISE, compression="gzip"),
    CORRUPT,
)
h5.add(
    "corrupt_lzf",
    "an lzf chunk overwritten: lzf has no checksum",
    overwritten(lambda size: size // 2, NOISE, compression="lzf", shuffle=True),
    CORRUPT,
    FOUR,
)
h5.add(
    "corrupt_lz4_head",
    "an lz4 chunk that declares 2^63 bytes",
    overwritten(lambda size: 0, b"\x80" + bytes(7), plugin=_lz4),
    CORRUPT,
)


def declared(
    shape: tuple[int, ...], dtype: str, chunks: tuple[int, ...], payload: bytes | None, every: bool = False
) -> Callable[[Path], Any]:
    """A deflate dataset of any size, with this payload as its first chunk, or as all its chunks."""

    def build(folder: Path) -> Any:
        import h5py

        with h5py.File(folder / "b.h5", "w") as handle:
            made = handle.create_dataset(
                "/entry/stk_bad", shape, dtype, chunks=chunks, compression="gzip", maxshape=(None,) * 3
            )
            if payload is not None:
                counts = [-(-n // c) if every else 1 for n, c in zip(shape, chunks, strict=True)]
                for i in range(counts[0]):
                    for j in range(counts[1]):
                        for k in range(counts[2]):
                            made.id.write_direct_chunk((i * chunks[0], j * chunks[1], k * chunks[2]), payload)
        return bad_uri(folder)

    return build


h5.add(
    "short_chunk",
    "chunks that inflate to 10 bytes instead of 10240",
    declared((4, 32, 40), "f8", (1, 32, 40), zlib.compress(b"0123456789"), every=True),
    H5_REFUSED,
    OTHERS_IN_ORDER,
)


def at_once(name: str, what: str, build: Build, *accepted: Outcome, **options: Any) -> None:
    """A case that must not be looked at for long, as far as calls and bytes tell."""

    @h5.scenario(name, what, **options)
    def _(folder: Path) -> None:
        from tests.support.effort import counted

        stacks = build(folder)
        strict_warnings()
        check(call(good_file(folder)), RANKED)  # whatever is imported late is imported now
        with counted() as effort:
            got = call(stacks)
        check(got, *accepted)
        frugal = effort.calls < 20_000 and effort.read < 4_000_000 and effort.memory < 64 << 20
        require(frugal, f"{effort} for {got}")


at_once(
    "bomb_gzip",
    "4 images of 16384 x 16384 zeros: 1 GB declared, 1 MB in the file",
    declared((4, 16384, 16384), "u1", (1, 1024, 16384), zlib.compress(bytes(1 << 24)), every=True),
    CORRUPT,
    memory=1_500_000_000,
)
at_once(
    "huge_image_sparse",
    "a petabyte declared, nothing written",
    declared((3, 2**24, 2**24), "f4", (1, 1024, 1024), None),
    CORRUPT,
)
at_once(
    "huge_n_sparse",
    "2^40 images of 8 x 8 declared, nothing written",
    declared((2**40, 8, 8), "f4", (1024, 8, 8), None),
    CORRUPT,
)
at_once(
    "huge_chunk",
    "small images in one chunk of 3.9 GB",
    declared((4, 32, 40), "f8", (1, 22000, 22000), zlib.compress(bytes(1 << 20))),
    CORRUPT,
    BAD_LAST,
)
