# SPDX-License-Identifier: MIT
"""Data flows one way: which module may import which."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "src" / "ndreg_preeval"
WIDGETS = ROOT / "src" / "orangecontrib" / "ndreg_preeval"

# What a module of the package may import from the package, lowest layer first: each module may
# import those on earlier lines (and a folder's modules each other).
LAYERS = [
    ["_core", "loading", "errors", "output"],
    ["methods"],
    ["options", "config"],
    ["stacks"],
    ["blocks", "crew"],
    ["rounds", "plans"],
    ["scoring_round"],
    ["stream"],
    ["jobs"],
    ["pipeline", "isolate"],
    ["engine", "progress"],
    ["findings"],
    ["reasons", "motion", "order"],
    ["scoring"],
    ["ranking"],
    ["live", "reg2d", "reporting"],
    ["panels", "plotting", "demo", "nexus_target"],
    ["nexus_output"],
    ["ewoks"],
    ["arguments"],
    ["commands"],
    ["cli", "__main__"],
]
# Reports hang on a ranking but are reached from its methods, inside functions only.
LAZY = {("ranking", "reporting"), ("ranking", "plotting"), ("ranking", "nexus_output")}

# Imported where they are used, never when the package is imported.
HEAVY = {
    "h5py",
    "silx",
    "hdf5plugin",
    "matplotlib",
    "tqdm",
    "scipy",
    "pydantic",
    "dask",
    "xarray",
    "tifffile",
    "imagecodecs",
    "dectris",
    "zarr",
    "ewokscore",
    "ewoksndreg",
}
# A task is a class of ewokscore: these modules are imported by those who have it.
OF_FOLDER = {"ewoks": {"ewokscore", "pydantic"}}


def python_modules() -> list[Path]:
    return sorted(file for file in PACKAGE.rglob("*.py") if file.name != "__init__.py")


def layer_name(file: Path) -> str:
    return file.relative_to(PACKAGE).parts[0].removesuffix(".py")


def layer_of(name: str) -> int:
    return next(i for i, names in enumerate(LAYERS) if name in names)


def own_imports(file: Path) -> list[tuple[str, bool]]:
    """Layers of this package that a file imports, and whether at its top level."""
    tree = ast.parse(file.read_text())
    package = ["ndreg_preeval", *file.relative_to(PACKAGE).parts[:-1]]
    typing_only = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
        for inner in ast.walk(node)
    }
    found = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.Import | ast.ImportFrom) or id(node) in typing_only:
            continue
        if isinstance(node, ast.Import):
            names = [alias.name.split(".") for alias in node.names]
        elif node.level:
            base = package[: len(package) - node.level + 1] + (node.module.split(".") if node.module else [])
            names = [[*base, alias.name] for alias in node.names]
        else:
            names = [[*(node.module or "").split("."), alias.name] for alias in node.names]
        top = node in tree.body
        found += [(name[1], top) for name in names if name[0] == "ndreg_preeval" and len(name) > 1]
    return found


@pytest.mark.parametrize("file", python_modules(), ids=lambda file: str(file.relative_to(PACKAGE)))
def test_python_layers(file: Path) -> None:
    me = layer_name(file)
    for name, top in own_imports(file):
        if name.startswith("__version__") or (not top and (me, name) in LAZY):
            continue
        if name == me:
            continue
        assert layer_of(name) <= layer_of(me), f"{me} must not import {name}"


@pytest.mark.parametrize("file", python_modules(), ids=lambda file: str(file.relative_to(PACKAGE)))
def test_heavy_packages_are_imported_where_used(file: Path) -> None:
    tree = ast.parse(file.read_text())
    heavy = HEAVY - OF_FOLDER.get(layer_name(file), set())
    for node in tree.body:
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names = [node.module or ""]
        assert not heavy & {name.split(".")[0] for name in names}, file


def test_the_package_knows_no_widget() -> None:
    for file in PACKAGE.rglob("*.py"):
        assert not re.search(r"orangecontrib|\bAnyQt\b|\bPyQt\d|silx\.gui", file.read_text()), file


def test_what_widgets_say_is_known_without_qt() -> None:
    for name in ("__init__.py", "view/__init__.py", "view/model.py", "view/pictures.py"):
        text = (WIDGETS / name).read_text()
        assert not re.search(
            r"^\s*(from|import) (AnyQt|silx|ewoksorange|orangewidget)", text, re.MULTILINE
        ), name


def own_files() -> list[Path]:
    folders = (PACKAGE, WIDGETS, ROOT / "tests", ROOT / "tools", ROOT / "benchmarks")
    return [file for folder in folders for file in folder.rglob("*.py")]


def test_every_source_file_names_its_licence() -> None:
    for file in own_files():
        assert "SPDX-License-Identifier: MIT" in file.read_text()[:400], file


def test_files_stay_small() -> None:
    for file in own_files():
        assert len(file.read_text().splitlines()) <= 500, file
