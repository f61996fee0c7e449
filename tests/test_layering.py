# SPDX-License-Identifier: MIT
"""Data flows one way: who may include or import what."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "src" / "ndreg_preeval"
CPP = ROOT / "cpp"
BINDINGS = PACKAGE / "_bindings"
WIDGETS = ROOT / "src" / "orangecontrib" / "ndreg_preeval"

# What a module of the package may import from the package, lowest layer first: each module may
# import those on earlier lines (and a folder's modules each other).
LAYERS = [
    ["core", "errors", "text", "argument_checks", "atomic_write", "progress"],
    ["methods"],
    ["options", "build_info"],
    ["stacks"],
    ["pipeline"],
    ["results"],
    ["scoring"],
    ["ranking"],
    ["live", "reg2d", "report"],
    ["ewoks"],
    ["cli", "__main__"],
]
# Reports hang on a ranking but are reached from its methods, inside functions only.
LAZY = {("ranking", "report")}

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


def cpp_files(*folders: Path) -> list[Path]:
    return sorted(
        file for folder in folders for ending in ("*.cpp", "*.hpp") for file in folder.rglob(ending)
    )


def includes(file: Path) -> set[str]:
    return set(re.findall(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', file.read_text(), re.MULTILINE))


def files_including(pattern: str, files: list[Path]) -> set[str]:
    return {
        str(file.relative_to(ROOT))
        for file in files
        if any(re.search(pattern, name) for name in includes(file))
    }


ALL_CPP = cpp_files(CPP / "include", CPP / "src", BINDINGS)
C_HEADER = CPP / "include" / "ndreg_preeval" / "ndreg_preeval.h"


def test_public_headers_hold_standard_types_only() -> None:
    for file in cpp_files(CPP / "include"):
        for name in includes(file):
            assert name.startswith("ndreg_preeval/") or re.fullmatch(r"[a-z_]+", name), (file, name)


def test_the_c_interface_is_made_of_the_public_one() -> None:
    files = sorted((CPP / "src").glob("c_api*"))
    assert len(files) > 3
    for file in files:
        for name in includes(file):
            assert name == "c_api.hpp" or re.fullmatch(
                r"ndreg_preeval/ndreg_preeval\.h(pp)?|[a-z_]+", name
            ), file
    assert includes(C_HEADER) == {"stdint.h", "ndreg_preeval/export.hpp", "ndreg_preeval/version.hpp"}


def test_pocketfft_is_seen_by_the_kernels_only() -> None:
    found = files_including("pocketfft", ALL_CPP)
    assert found
    assert all(name.startswith("cpp/src/kernel/") for name in found), found


def test_intrinsics_are_used_by_the_kernels_only() -> None:
    found = files_including(r"intrin\.h|arm_neon", ALL_CPP)
    assert all(name.startswith("cpp/src/kernel/") for name in found), found


def test_instruction_sets_are_switched_on_by_the_kernels_only() -> None:
    found = {
        str(file.relative_to(ROOT))
        for file in ALL_CPP
        if re.search(r"pragma GCC target|__attribute__\(\(target|clang attribute push", file.read_text())
    }
    assert found
    assert all(name.startswith("cpp/src/kernel/isa_") for name in found), found
    build = (CPP / "CMakeLists.txt").read_text()
    assert not re.search(r"-m(arch|avx|sse|fma|cpu|tune)", build), "regions in sources, never flags of files"


def test_openmp_is_used_in_one_file() -> None:
    """And asked for its places in another one."""
    assert files_including(r"^omp\.h$", ALL_CPP) == {"cpp/src/parallel.cpp", "cpp/src/omp_places.cpp"}
    pragmas = {str(file.relative_to(ROOT)) for file in ALL_CPP if "#pragma omp" in file.read_text()}
    assert pragmas == {"cpp/src/parallel.cpp"}


def test_pybind11_and_python_are_in_the_bindings_only() -> None:
    found = files_including(r"pybind11|Python\.h", ALL_CPP)
    assert found
    assert all(name.startswith("src/ndreg_preeval/_bindings/") for name in found), found


def test_bindings_use_public_headers_only() -> None:
    for file in cpp_files(BINDINGS):
        for name in includes(file):
            local = (BINDINGS / name).exists()
            assert local or not name.endswith(".hpp") or name.startswith("ndreg_preeval/"), (file, name)


def test_cpp_never_sees_hdf5() -> None:
    assert not files_including("hdf5|H5", ALL_CPP)


def test_core_never_prints_or_ends_the_process() -> None:
    forbidden = r"std::c(out|err|log)\b|\bf?printf\s*\(|\b(std::)?(abort|_?exit|terminate)\s*\("
    for file in ALL_CPP:
        assert not re.search(forbidden, file.read_text()), file


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
        if name == "_core":
            assert me == "core", "only core.py imports the compiled module"
            continue
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
    return [C_HEADER, *ALL_CPP, *(file for folder in folders for file in folder.rglob("*.py"))]


def test_every_source_file_names_its_licence() -> None:
    for file in own_files():
        assert "SPDX-License-Identifier: MIT" in file.read_text()[:400], file


def test_files_stay_small() -> None:
    for file in own_files():
        assert len(file.read_text().splitlines()) <= 500, file
