# SPDX-License-Identifier: MIT
"""Figures as files and as bytes, and what is said where matplotlib is missing."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any, Final

from ...errors import without_warnings
from ...installation import how_to_get
from ...text import text_of

TITLED: Final = ("png", "svg", "pdf")
"""Formats whose metadata have a title."""


def require_matplotlib() -> tuple[Any, Any]:
    """The classes Figure and FigureCanvasAgg, or an ImportError that says what to install."""
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ImportError(f"a plot needs matplotlib: {how_to_get('matplotlib')}", name=error.name) from error
    return Figure, FigureCanvasAgg


def check_format(path: str | os.PathLike[str]) -> str:
    """The file format that the ending of `path` asks for."""
    _, canvas_class = require_matplotlib()
    known = sorted(canvas_class.get_supported_filetypes())
    suffix = Path(text_of(os.fspath(path))).suffix.lstrip(".").lower()
    if suffix not in known:
        raise ValueError(f"{text_of(path)!r}: a plot must end in one of {', '.join(known)}")
    return suffix


def save_figure(
    figure: Any, path: str | os.PathLike[str], *, overwrite: bool = True, title: str | None = None
) -> None:
    """Write a figure, or the one that a part belongs to.

    Parameters
    ----------
    figure : matplotlib.figure.Figure or SubFigure
    path : str or path-like
        Its ending decides the format.
    overwrite : bool
        Replace a file that exists, when the new one is complete.
    title : str, optional
        Title in the metadata of the file, where the format (png, svg, pdf) has such.
    """
    from ...atomic_write import replacing

    suffix = check_format(path)
    metadata = {"metadata": {"Title": title}} if title and suffix in TITLED else {}
    with replacing(path, overwrite=overwrite) as temporary:
        _write(figure.figure, temporary, suffix, **metadata)


def png(figure: Any) -> bytes:
    """A figure as PNG."""
    file = io.BytesIO()
    _write(figure, file, "png")
    return file.getvalue()


def _write(figure: Any, file: Any, suffix: str, **metadata: Any) -> None:
    # Names may hold letters that the font lacks: a box in their place is no failure.
    with without_warnings(message="Glyph .* missing from"):
        figure.savefig(file, format=suffix, **metadata)
