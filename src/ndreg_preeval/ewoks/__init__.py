# SPDX-License-Identifier: MIT
"""The ranking as an Ewoks task, and workflows with it (extra ``ewoks``)."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

__all__ = ["find_workflow", "workflow_names"]


def workflow_names() -> list[str]:
    """Names of the workflows that come with the package."""
    return sorted(file.name.removesuffix(".json") for file in _files() if file.name.endswith(".json"))


def find_workflow(name: str) -> Path:
    """Return the file of a workflow, for ``ewoks execute`` or `ewoks.execute_graph`.

    Parameters
    ----------
    name : str
        ``"rank"``: rank stacks. ``"rank_register_transform"``: rank them, register the best one, and
        align all of them; the last two tasks are those of ewoksndreg, which must be installed.

    Raises
    ------
    ValueError
        When there is no such workflow.
    """
    if name not in workflow_names():
        raise ValueError(f"workflow must be one of {', '.join(workflow_names())}, not {name!r}")
    return next(file for file in _files() if file.name == f"{name}.json")


def _files() -> list[Path]:
    # The package holds compiled code: it is never imported from an archive, and its files are files.
    return [Path(str(file)) for file in resources.files(f"{__name__}.workflows").iterdir()]
