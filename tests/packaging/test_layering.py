# SPDX-License-Identifier: MIT
"""Data flows one way: which module may import which."""

from __future__ import annotations

import ast
import functools
import re
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "ndreg_preeval"
WIDGETS = ROOT / "src" / "orangecontrib" / "ndreg_preeval"

# Layers of the package, lowest first, each a line of modules and folders: a module imports from earlier
# lines, and a folder's modules each other.
ORDER = [
    "core errors log",
    "text",
    "argument_checks atomic_write installation",
    "declared_option limits methods progress",
    "options",
    "stacks",
    "pipeline",
    "results",
    "report",
    "reported_ranking",
    "scoring ranking",
    "live reg2d",
    "cli ewoks",
    "__main__",
]
# And what the order alone would allow: formats know neither each other nor those who ask them (the pipeline,
# stacks of many files); of all that resolves arguments the table alone knows them, and the face hands them on.
FORMATS = ("hdf5", "tiff", "memory", "libraries")
KNOW_FORMATS = {"__init__", "formats"}
NEVER = [
    *((f"stacks/{one}", f"stacks/{other}") for one in FORMATS for other in FORMATS if one != other),
    *((f"stacks/{format_}", f"stacks/{asking}") for format_ in FORMATS for asking in ("images", "formats")),
    *(("pipeline", f"stacks/{format_}") for format_ in FORMATS),
    *(
        (f"stacks/{place.stem}", f"stacks/{format_}")
        for place in sorted((PACKAGE / "stacks").iterdir())
        if place.stem not in {*FORMATS, *KNOW_FORMATS}
        for format_ in FORMATS
    ),
]

# Imported where they are used, never when the package is imported.
HEAVY = {
    "h5py",
    "silx",
    "hdf5plugin",
    "jinja2",
    "matplotlib",
    "tqdm",
    "scipy",
    "pydantic",
    "dask",
    "xarray",
    "tifffile",
    "imagecodecs",
    "fabio",
    "PIL",
    "zarr",
    "mrcfile",
    "pandas",
    "jsonschema",
    "ncempy",
    "rsciio",
    "hyperspy",
    "napari",
    "ewokscore",
    "ewoksndreg",
}
# A task is a class of ewokscore: these modules are imported by those who have it.
OF_FOLDER = {"ewoks": {"ewokscore", "pydantic"}}
# And a figure that shows itself one of matplotlib: this module is imported by those who draw.
OF_FILE = {"report/figure/shown": {"matplotlib"}}


def python_modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def layer_name(file: Path) -> str:
    return file.relative_to(PACKAGE).parts[0].removesuffix(".py")


def layer_of(name: str) -> int:
    return next(i for i, names in enumerate(ORDER) if name in names.split())


def imported(text: str, folder: str) -> list[tuple[str, str]]:
    """What a module in a folder of the package imports from the package: (module or folder, name).

    Imports within functions count like any others, and those for type checkers do not.
    """
    tree = ast.parse(text)
    for_types = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
        for inner in ast.walk(node)
    }
    here = ["ndreg_preeval", *folder.split("/")] if folder else ["ndreg_preeval"]
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [(alias.name.split("."), "") for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and id(node) not in for_types:
            base = here[: len(here) - node.level + 1] if node.level else []
            base = [*base, *(node.module or "").split(".")] if node.module else base
            names = [(base, alias.name) for alias in node.names]
        else:
            continue
        for parts, name in names:
            if parts[0] == "ndreg_preeval":
                path = "/".join(parts[1:])
                inner = f"{path}/{name}".strip("/")
                found.append((inner, "") if name and is_module(path, name) else (path, name))
    return found


def is_module(folder: str, name: str) -> bool:
    if name == "_core":
        return True
    there = PACKAGE / folder / name
    return (there.is_dir() or there.with_suffix(".py").is_file()) and name not in handed_on(folder)


@functools.cache
def handed_on(folder: str) -> dict[str, str]:
    """The names that the face of a folder hands on, and the module or folder that each comes from."""
    face = PACKAGE / folder / "__init__.py"
    if not folder or not face.is_file():
        return {}
    return {
        alias.name: "/".join([folder, *(node.module or "").split(".")])
        for node in ast.parse(face.read_text()).body
        if isinstance(node, ast.ImportFrom) and node.level == 1
        for alias in node.names
    }


def home(path: str, name: str) -> str:
    """The module that a name comes from, through all faces that hand it on."""
    origin = handed_on(path).get(name)
    return path if origin is None else home(origin, name)


def complaints(module: str, text: str) -> list[str]:
    """What a module of the package, `text`, imports against the rules."""
    folder, _, _ = module.rpartition("/")
    inside = f"{module}/"
    me = module.split("/", maxsplit=1)[0]
    said = []
    for path, name in imported(text, folder):
        if path == "_core":
            if module != "core":
                said.append("only core.py imports the compiled module")
            continue
        if not path:
            continue  # names of the package itself, such as its version
        said += [f"{path} is an inner module of {face}" for face in [hidden_by(folder, path)] if face]
        target = home(path, name)
        there = target.split("/")[0]
        if there != me and layer_of(there) >= layer_of(me):
            said.append(f"{me} must not import {there}")
        said += [
            f"{start} must not import {end}"
            for start, end in NEVER
            if inside.startswith(f"{start}/") and f"{target}/".startswith(f"{end}/")
        ]
    return said


def hidden_by(folder: str, path: str) -> str:
    """The folder whose face should be asked instead; none where `path` is a face, or lies in our own folders."""
    parts = path.split("/")
    for depth in range(1, len(parts)):
        outer = "/".join(parts[:depth])
        if not f"{folder}/".startswith(f"{outer}/"):
            return outer
    return ""


def name_of(file: Path) -> str:
    return str(file.relative_to(PACKAGE).with_suffix(""))


@pytest.mark.parametrize("file", python_modules(), ids=name_of)
def test_python_layers(file: Path) -> None:
    if file != PACKAGE / "__init__.py":
        assert not complaints(name_of(file), file.read_text())


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("text", "from . import _core"),
        ("stacks/hdf5/source", "from ... import _core"),
        ("stacks/base", "from ..pipeline import StackInfo"),
        ("stacks/base", "from ..results import StackScore"),
        ("stacks/base", "from .. import report"),
        ("stacks/memory/spec", "from ..hdf5 import UriSpec"),
        ("stacks/memory/spec", "from ..tiff import TiffSpec"),
        ("stacks/zarr/groups", "from ..memory import ArraySpec"),
        ("stacks/tiff/source", "from ..hdf5 import open_file"),
        ("stacks/tiff/source", "from ..memory import ArraySpec"),
        ("stacks/images/spec", "from ..hdf5 import Hdf5ImageSpec"),
        ("stacks/images/resolve", "from ..memory import ArrayImageSpec"),
        ("stacks/hdf5/source", "from ..images import ImageFilesSpec"),
        ("stacks/libraries/source", "from ..formats import Formats"),
        ("stacks/axes/stacks_axis", "from ..hdf5 import UriSpec"),
        ("stacks/hints", "from .libraries import LIBRARY_BACKENDS"),
        ("stacks/libraries/source", "from ..memory import ArraySpec"),
        ("stacks/hdf5/source", "from ..libraries import LibrarySpec"),
        ("stacks/resolve", "from .libraries import LibrarySpec"),
        ("stacks/resolve", "from .hdf5 import UriSpec"),
        ("stacks/resolve", "from .memory import ArraySpec"),
        ("stacks/find", "from .tiff import TiffSpec"),
        ("stacks/backend", "from .hdf5 import Hdf5Backend"),
        ("pipeline/in_process", "from ..stacks import UriSpec"),
        ("pipeline/stream", "from ..stacks.hdf5 import UriSpec"),
        ("pipeline/stream", "from ..stacks.tiff import TiffSpec"),
        ("pipeline/run", "from ..results import StackScore"),
        ("pipeline/run", "from ..report import table"),
        ("results/order", "from ..report import table"),
        ("results/ranking_data", "from ..ranking import Ranking"),
        ("report/table", "from ..ranking import Ranking"),
        ("report/nexus", "from ..scoring import score_stack"),
        ("report/figure/layout", "from ... import live"),
        ("ranking", "from .cli import main"),
        ("reg2d", "from ndreg_preeval.ewoks import find_workflow"),
        ("live", "from .pipeline.core_scorer import make_scorer"),
        ("cli/commands", "from ..report.tables import to_csv"),
        ("stacks/hdf5/source", "from .codecs.filter_chain import Codec"),
        ("stacks/resolve", "from .tiff.source import TiffSpec"),
        ("ranking", "import ndreg_preeval.stacks.resolve"),
    ],
)
def test_no_arrow_can_be_added(module: str, line: str) -> None:
    """Neither on top of a module nor within a function."""
    text = (PACKAGE / f"{module}.py").read_text()
    assert not complaints(module, text)
    assert complaints(module, f"{text}\n{line}\n")
    assert complaints(module, f"{text}\ndef late():\n    {line}\n")


@pytest.mark.parametrize("file", python_modules(), ids=name_of)
def test_heavy_packages_are_imported_where_used(file: Path) -> None:
    tree = ast.parse(file.read_text())
    heavy = HEAVY - OF_FOLDER.get(layer_name(file), set()) - OF_FILE.get(name_of(file), set())
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
    for name in ("__init__.py", "view/__init__.py", "view/fields.py", "view/model.py", "view/pictures.py"):
        text = (WIDGETS / name).read_text()
        assert not re.search(
            r"^\s*(from|import) (AnyQt|silx|ewoksorange|orangewidget)", text, re.MULTILINE
        ), name


def test_every_face_says_what_it_offers() -> None:
    for face in PACKAGE.rglob("__init__.py"):
        text = face.read_text()
        # A folder of files alone offers nothing.
        assert "__all__" in text or not re.search(r"^(from \.|def |class )", text, re.MULTILINE), face


def own_files() -> list[Path]:
    folders = (PACKAGE, WIDGETS, ROOT / "tests", ROOT / "tools", ROOT / "benchmarks")
    return [file for folder in folders for file in folder.rglob("*.py")]


def test_every_source_file_names_its_licence() -> None:
    for file in own_files():
        assert "SPDX-License-Identifier: MIT" in file.read_text()[:400], file


def test_files_stay_small() -> None:
    for file in own_files():
        assert len(file.read_text().splitlines()) <= 500, file


def test_folders_stay_small() -> None:
    for top in ("src", "benchmarks"):
        numbers = Counter(file.parent for file in (ROOT / top).rglob("*.py"))
        assert not {str(folder): number for folder, number in numbers.items() if number > 18}
