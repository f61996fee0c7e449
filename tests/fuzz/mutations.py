# SPDX-License-Identifier: MIT
"""Ways to damage a file; all they do is decided by a random number generator."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from .checksums import repair
from .layouts import Layout

Data = bytearray
Places = Callable[[], int]
"""Gives a place in the file, more often than not one that matters."""

Way = Callable[[Random, Data, Places], None]


def bits(rng: Random, data: Data, place: Places) -> None:
    for _ in range(rng.choice((1, 1, 1, 2, 4, 8))):
        data[place()] ^= 1 << rng.randrange(8)


def run_of_bytes(rng: Random, data: Data, place: Places) -> None:
    _put(data, place(), rng.randbytes(rng.choice((1, 1, 2, 4, 8, 16, 40))))


def run_of_one(rng: Random, data: Data, place: Places) -> None:
    _put(data, place(), bytes([rng.choice((0, 0, 255, 1, 128))]) * rng.choice((1, 2, 4, 8, 24, 64, 300)))


def cut(rng: Random, data: Data, place: Places) -> None:
    del data[place() :]


def cut_out(rng: Random, data: Data, place: Places) -> None:
    at = place()
    del data[at : at + rng.choice((1, 2, 4, 8, 24, 512))]


def put_in(rng: Random, data: Data, place: Places) -> None:
    at = place()
    data[at:at] = rng.choice((bytes, rng.randbytes))(rng.choice((1, 2, 4, 8, 24, 512)))


def block_twice(rng: Random, data: Data, place: Places) -> None:
    length = rng.choice((4, 8, 16, 24, 40, 96, 300))
    start = place() & ~7
    _put(data, place() & ~7, bytes(data[start : start + length]))


def swapped_words(rng: Random, data: Data, place: Places) -> None:
    first, second = (_aligned(rng, data, place, 8) for _ in range(2))
    one, other = bytes(data[first : first + 8]), bytes(data[second : second + 8])
    _put(data, first, other)
    _put(data, second, one)


def extreme(rng: Random, data: Data, place: Places) -> None:
    """An integer at the end of its range, or where sums overflow."""
    length = rng.choice((1, 2, 4, 8, 8))
    bits = 8 * length
    value = rng.choice((0, 1, 2, -1, -2, 1 << (bits - 1), (1 << (bits - 1)) - 1, 1 << rng.randrange(bits)))
    _put_number(rng, data, _aligned(rng, data, place, length), length, value)


def nearby(rng: Random, data: Data, place: Places) -> None:
    """An integer somewhat smaller, larger, or multiplied."""
    length = rng.choice((1, 2, 4, 8, 8))
    at = _aligned(rng, data, place, length)
    value = int.from_bytes(data[at : at + length], "little")
    value = rng.choice(
        (value + 1, value - 1, value + 8, value - 8, 2 * value, value // 2, -value, value ^ 256)
    )
    _put(data, at, (value % (1 << 8 * length)).to_bytes(length, "little"))


def address(rng: Random, data: Data, place: Places) -> None:
    """Another address where one is: what was a tree becomes a circle."""
    places = [at for at in range(0, len(data) - 7, 8) if 0 < _word(data, at) < len(data)]
    if places:
        target = rng.choice((_word(data, rng.choice(places)), place() & ~7, len(data), len(data) - 8))
        _put(data, rng.choice(places), target.to_bytes(8, "little"))


WAYS: tuple[Way, ...] = (
    *(bits, bits, bits, run_of_bytes, run_of_bytes, run_of_one, extreme, extreme, extreme, nearby, nearby),
    *(address, address, swapped_words, block_twice, cut, cut_out, put_in),
)


def damaged(layout: Layout, rng: Random) -> dict[str, bytes]:
    """Return the files of a layout, one of them damaged."""
    names = list(layout.files)
    name = names[0] if len(names) == 1 or rng.random() < 0.5 else rng.choice(names)
    data = bytearray(layout.files[name])
    place = _places(layout, name, data, rng)
    for _ in range(rng.choice((1, 1, 1, 1, 2, 3, 5))):
        if data:
            rng.choice(WAYS)(rng, data, place)
    if rng.random() < 0.8:
        repair(data, layout.sums[name])
    return {**layout.files, name: bytes(data)}


def _places(layout: Layout, name: str, data: Data, rng: Random) -> Places:
    metadata, chunks = layout.metadata[name], layout.chunks[name]

    def place() -> int:
        chance = rng.random()
        at = rng.randrange(len(data))
        if metadata and chance < 0.65:
            at = rng.choice(metadata)
        elif chunks and chance < 0.9:
            start, stop = rng.choice(chunks)
            at = rng.choice(
                (start + rng.randrange(24), stop - 1 - rng.randrange(8), rng.randrange(start, stop))
            )
        return min(at, len(data) - 1)

    return place


def _put(data: Data, at: int, new: bytes) -> None:
    """Overwrite, without making the file longer."""
    data[at : at + len(new)] = new[: len(data) - at]


def _put_number(rng: Random, data: Data, at: int, length: int, value: int) -> None:
    order = "big" if rng.random() < 0.2 else "little"
    _put(data, at, (value % (1 << 8 * length)).to_bytes(length, order))  # type: ignore[arg-type]


def _aligned(rng: Random, data: Data, place: Places, length: int) -> int:
    at = place()
    return at - at % length if rng.random() < 0.7 else at


def _word(data: Data, at: int) -> int:
    return int.from_bytes(data[at : at + 8], "little")
