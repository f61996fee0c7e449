# SPDX-License-Identifier: MIT
"""The stacks that the command find has found, in lines for people, and as data."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from ..errors import clip
from ..limits import Limits
from ..text import TEXT_WIDTH, aligned, columns, padded, printable, text_of, wrapped

if TYPE_CHECKING:
    from ..stacks import StackSource, StackSpec

UNKNOWN: Final = "-"

LONGEST: Final = 4096
"""Largest width of a cell, in columns: names may be of any length."""

LAYOUTS: Final[tuple[tuple[str, ...], ...]] = (
    ("stack", "images", "shape", "dtype", "chunks", "compression", "size", "stored", "URI"),
    ("stack", "images", "shape", "dtype", "chunks", "compression", "size", "stored"),
    ("stack", "images", "shape", "dtype", "chunks", "compression", "size"),
    ("stack", "images", "shape", "dtype", "compression", "size"),
    ("stack", "images", "shape", "dtype", "size"),
    ("stack", "images", "shape", "size"),
    ("stack", "images", "shape"),
    ("stack", "images"),
)
"""Columns of the lines, the most first; what is missing in a later one is the least important."""

RIGHT: Final = ("images", "size", "stored")


class Details(NamedTuple):
    """A stack that was opened, and of which no pixel was read."""

    uri: str
    shape: tuple[int, int, int] | None = None
    dtype: str = ""
    chunks: tuple[int, ...] | None = None
    layout: str = ""
    compression: str = ""
    size: int | None = None
    """Bytes of its pixels."""
    stored: int | None = None
    """Bytes that hold them."""
    error: str = ""
    """Why it cannot be read."""

    def cells(self) -> dict[str, str]:
        """Return what the columns show, but for the name."""
        if self.shape is None:
            return dict.fromkeys(LAYOUTS[0][1:-1], UNKNOWN) | {"URI": one_line(self.uri)}
        n, height, width = self.shape
        return {
            "images": str(n),
            "shape": f"{height} x {width}",
            "dtype": self.dtype,
            "chunks": " x ".join(map(str, self.chunks)) if self.chunks else self.layout or UNKNOWN,
            "compression": self.compression or UNKNOWN,
            "size": readable_size(self.size),
            "stored": readable_size(self.stored),
            "URI": one_line(self.uri),
        }

    def as_data(self) -> dict[str, Any]:
        """Return everything as JSON has it; None for what nobody knows."""
        if self.error:
            return {"uri": text_of(self.uri), "error": text_of(self.error)}
        n, height, width = self.shape or (None, None, None)
        return {
            "uri": text_of(self.uri),
            "images": n,
            "shape": [height, width],
            "dtype": self.dtype,
            "chunks": None if self.chunks is None else list(self.chunks),
            "layout": self.layout or ("chunked" if self.chunks else None),
            "compression": self.compression or None,
            "bytes": self.size,
            "stored_bytes": self.stored,
        }


def look_at(found: dict[str, str]) -> dict[str, Details]:
    """Open the stacks that were found, together where they lie in the same files, and read no pixel."""
    from ..stacks import resolve_stacks

    specs: dict[str, list[StackSpec]] = {name: [] for name in found}
    # Numbers instead of names, which are the text before a slash where a URI holds several stacks.
    names = {str(number): name for number, name in enumerate(found)}
    uris = {number: found[name] for number, name in names.items()}
    for key, spec in resolve_stacks(uris, limits=Limits(), keep_going=True):
        specs[names[key.partition("/")[0]]].append(spec)
    return {name: _details(uri, specs[name]) for name, uri in found.items()}


def _details(uri: str, specs: list[StackSpec]) -> Details:
    if len(specs) != 1:
        return Details(uri, error=f"it holds {len(specs)} stacks")
    try:
        with specs[0].open() as source:
            return _of_source(uri, source)
    except (OSError, ValueError, TypeError, LookupError, ImportError, RuntimeError) as error:
        text = error.args[0] if isinstance(error, KeyError) and error.args else error
        return Details(uri, error=str(text) or type(error).__name__)


def _of_source(uri: str, source: StackSource) -> Details:
    storage = source.storage()
    return Details(
        uri,
        source.shape,
        str(source.dtype),
        storage.chunks,
        storage.layout,
        storage.compression,
        math.prod(source.shape) * source.dtype.itemsize,
        storage.stored,
    )


def long_lines(stacks: dict[str, Details], width: int) -> list[str]:
    """Lines of a table of stacks, of at most some width, 0 for any; below it, why some cannot be read.

    Names are shortened in their middle where they must; URIs are whole or left out.
    """
    if width:
        width = max(width, 24)
    cells: dict[str, list[str]] = {name: [] for name in LAYOUTS[0]}
    for name, details in stacks.items():
        cells["stack"].append(printable(name, LONGEST))
        for heading, cell in details.cells().items():
            cells[heading].append(cell)
    longest = {name: max(columns(name), *map(columns, some)) for name, some in cells.items()}
    least = longest | {"stack": min(longest["stack"], max(width // 4, 8))}
    layout = LAYOUTS[0]
    if width:
        layout = next((each for each in LAYOUTS if _width(each, least) <= width), LAYOUTS[-1])
        of_name = max(least["stack"] + width - _width(layout, least), 4)
        cells["stack"] = [printable(name, of_name) for name in cells["stack"]]
    rows = zip(*([name, *cells[name]] for name in layout), strict=True)
    right = [index for index, name in enumerate(layout) if name in RIGHT]
    lines = aligned([*rows], right, rule=True)
    for name, details in stacks.items():
        if details.error:
            text = f"{printable(name, 60)} cannot be read: {printable(clip(details.error, 2000), LONGEST)}"
            lines += ["", *wrapped(text, width or TEXT_WIDTH)]
    return lines if "URI" in layout else [*lines, "", "URIs: find without -l."]


def short_lines(stacks: dict[str, Details], width: int) -> list[str]:
    """Lines of names, URIs, and numbers of images with their sizes, these where they have room.

    URIs are whole, however long: names lose their middle before.
    """
    names = [one_line(name) for name in stacks]
    uris = [one_line(details.uri) for details in stacks.values()]
    of_name, of_uri = max(map(columns, names)), max(map(columns, uris))
    lines = [
        f"{padded(name, of_name)}  {padded(uri, of_uri)}  {_images(details)}"
        for name, uri, details in zip(names, uris, stacks.values(), strict=True)
    ]
    if width and max(map(columns, lines)) > width:
        most = max(width - of_uri - 2, width // 4, 8)
        names, of_name = [printable(name, most) for name in names], min(of_name, most)
        lines = [f"{padded(name, of_name)}  {uri}" for name, uri in zip(names, uris, strict=True)]
    return lines


def _images(details: Details) -> str:
    if details.shape is None:
        return one_line(f"cannot be read: {details.error}")
    n, height, width = details.shape
    return f"{n} image{'s' * (n != 1)} of {height} x {width}, {details.dtype}"


def _width(layout: tuple[str, ...], widths: dict[str, int]) -> int:
    return sum(widths[name] for name in layout) + 2 * (len(layout) - 1)


def readable_size(size: int | None) -> str:
    """A number of bytes in three or four digits ("1.25 MiB"); a dash for an unknown one."""
    if size is None:
        return UNKNOWN
    value, unit = float(size), "B"
    for larger in ("KiB", "MiB", "GiB", "TiB", "PiB"):
        if value < 1000:
            break
        value, unit = value / 1024, larger
    if unit == "B":
        return f"{size} B"
    return f"{value:.{2 if value < 9.995 else 1 if value < 99.95 else 0}f} {unit}"


def one_line(name: str) -> str:
    """Text without line breaks and control characters, whole."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in name)
