# SPDX-License-Identifier: MIT
"""Results as lines of text: bit for bit, but for versions, dates and paths."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import re
import traceback
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import ndreg_preeval

Lines = list[str]


def masked(text: str) -> str:
    """Text without what may differ from run to run."""
    for folder in {str(Path.cwd()), os.path.realpath(".")}:
        text = text.replace(folder, "<folder>")
    text = text.replace(ndreg_preeval.__version__, "<version>")
    text = re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?([+-]\d\d:\d\d)?", "<date>", text)
    return re.sub(r"0x[0-9a-f]{6,}", "<address>", text)


def array(value: Any) -> str:
    """An array with its bits; short ones readable, too."""
    value = np.asarray(value)
    digest = hashlib.sha256(np.ascontiguousarray(value).tobytes()).hexdigest()[:16]
    shown = [float(each).hex() if value.dtype.kind == "f" else each for each in value.ravel()[:8].tolist()]
    return f"{value.dtype} {value.shape} {digest} {shown}"


def score(stack: Any) -> Lines:
    """Everything that a `StackScore` holds."""
    lines = []
    for field in dataclasses.fields(stack):
        value = getattr(stack, field.name)
        if isinstance(value, np.ndarray):
            lines.append(f"  {field.name} = {array(value)}")
        elif isinstance(value, float):
            lines.append(f"  {field.name} = {value.hex()}")
        else:
            lines.append(f"  {field.name} = {value!r}")
    return [repr(stack), *lines, f"  worst_image = {stack.worst_image}"]


def ranking(found: Any) -> Lines:
    """Everything that a `Ranking` holds, and its reports as text."""
    lines = [repr(found), f"reference_stack = {found.reference_stack!r}"]
    lines += [f"ranked_stack_names = {found.ranked_stack_names!r}", f"trust = {found.trust!r}"]
    lines += [f"warnings = {found.warnings!r}", f"method = {found.method!r}", f"options = {found.options!r}"]
    lines.append(f"num_threads = {found.num_threads}")
    for stack in found.stack_scores:
        lines += score(stack)
    return [*lines, *str(found).splitlines(), *found.to_json(indent=1).splitlines()]


def nexus(uri: str) -> Lines:
    """Everything below a group of a file, by name."""
    import h5py

    file, _, path = uri.partition("::")
    with h5py.File(file, "r") as opened:
        return _node(opened[path], path)


def _node(node: Any, path: str) -> Lines:
    lines = [f"{path}@{name} = {_value(node.attrs[name])}" for name in sorted(node.attrs)]
    if not hasattr(node, "keys"):
        return [f"{path} = {_value(node[()])} {node.chunks} {node.compression}", *lines]
    for name in sorted(node):
        link = node.get(name, getlink=True)
        if type(link).__name__ == "HardLink":
            lines += _node(node[name], f"{path}/{name}")
        else:
            lines.append(f"{path}/{name} -> {getattr(link, 'filename', '')}::{link.path}")
    return lines


def _value(value: Any) -> str:
    if isinstance(value, np.ndarray) and value.dtype.kind in "fiub":
        return array(value)
    return repr(value.tolist() if isinstance(value, np.ndarray | np.generic) else value)


def figure(found: Any) -> Lines:
    """The texts of a figure, where matplotlib is installed."""
    from matplotlib.text import Text

    drawn = found.plot()
    return [text for each in drawn.findobj(Text) if (text := each.get_text())]


def outcome(work: Callable[[], Lines]) -> Lines:
    """What some work gives, or raises, and the warnings on the way."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            lines = work()
        except Exception as error:  # noqa: BLE001 - whatever it is, it is what is recorded
            lines = _error(error)
    told = [f"warns {each.category.__name__}: {each.message}" for each in caught]
    return [masked(line) for line in [*lines, *told]]


def _error(error: BaseException) -> Lines:
    text = error.args[0] if isinstance(error, KeyError) and error.args else str(error)
    lines = [f"raises {type(error).__module__}.{type(error).__qualname__}: {text}"]
    lines += [f"note {note}" for note in getattr(error, "__notes__", ())]
    if isinstance(error, OSError):
        lines.append(f"errno {error.errno}")
    if not type(error).__module__.startswith(("builtins", "ndreg")):
        lines += traceback.format_exception_only(error)
    return lines


def json_lines(value: Any) -> Lines:
    return json.dumps(value, indent=1, default=repr).splitlines()
