# SPDX-License-Identifier: MIT
"""Data flows one way in C++, too: which file may include which."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CPP = ROOT / "cpp"
SOURCES = CPP / "src"
BINDINGS = ROOT / "src" / "ndreg_preeval" / "_bindings"

# All of them inline, and of public headers: what the C interface and the bindings share.
NAMES = "scoring/names.hpp"
# The same, for the bindings: the score of a stack whose images were scored.
STACK_SCORE = "scoring/stack_score.hpp"

# Folders of cpp/src (and single files that others stand on), lowest first, and what each may include
# beside itself and the public headers.
LAYERS: dict[str, set[str]] = {
    "base": set(),
    "image": {"base"},
    "threads": {"base"},
    "kernel/compiler.hpp": set(),
    "kernel/fft": {"base", "kernel/compiler.hpp"},
    "kernel": {"base", "image", "kernel/compiler.hpp", "kernel/fft"},
    "kernel/isa": {"base", "kernel/compiler.hpp", "kernel/fft", "kernel"},
    "correlation": {"base", "image", "threads", "kernel", "kernel/isa"},
    "static_pattern": {"base", "image", "threads", "kernel"},
    NAMES: set(),
    "scoring": {"base", "image", "threads", "correlation", "static_pattern", NAMES},
    "c_api": {NAMES},
    "build_info.cpp": {"threads", "kernel/isa"},
}

# Arrows that must never be, not by way of others either.
NEVER = {
    "base": {"image", "threads", "kernel", "correlation", "scoring"},
    "image": {"threads", "kernel", "correlation", "scoring"},
    "threads": {"image", "kernel", "correlation", "scoring"},
    "kernel": {"threads", "correlation", "scoring"},
    "kernel/isa": {"threads", "correlation", "scoring"},
    "correlation": {"scoring"},
    "static_pattern": {"correlation", "scoring"},
    NAMES: set(LAYERS) - {NAMES},
    "c_api": set(LAYERS) - {NAMES, "c_api"},
}


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


ALL_CPP = cpp_files(CPP / "include", SOURCES, BINDINGS)
C_HEADER = CPP / "include" / "ndreg_preeval" / "ndreg_preeval.h"


def layer_of(path: str) -> str:
    """The entry of `LAYERS` that a file of cpp/src belongs to."""
    return path if path in LAYERS else path.rpartition("/")[0]


def own_includes(path: str) -> set[str]:
    """Files of cpp/src that one of them includes; all own headers are in quotes."""
    return set(re.findall(r'^\s*#\s*include\s*"([^"]+)"', (SOURCES / path).read_text(), re.MULTILINE))


def source_paths() -> list[str]:
    return [file.relative_to(SOURCES).as_posix() for file in cpp_files(SOURCES)]


def reached_from(start: str, arrows: dict[str, set[str]]) -> set[str]:
    """What arrows lead to, one after the other."""
    found: set[str] = set()
    waiting = [start]
    while waiting:
        new = arrows[waiting.pop()] - found
        found |= new
        waiting += new
    return found


def test_layers_have_an_order() -> None:
    names = list(LAYERS)
    for i, name in enumerate(names):
        assert LAYERS[name] <= set(names[:i]), f"{name} may include earlier ones only"
    assert {layer_of(path) for path in source_paths()} == set(names)


def test_arrows_that_must_never_be() -> None:
    for name, forbidden in NEVER.items():
        assert not reached_from(name, LAYERS) & forbidden, name


@pytest.mark.parametrize("path", source_paths())
def test_includes_follow_the_layers(path: str) -> None:
    me = layer_of(path)
    for name in own_includes(path):
        assert (SOURCES / name).is_file(), f"{path}: headers are included by their path from cpp/src: {name}"
        assert layer_of(name) == me or layer_of(name) in LAYERS[me], f"{path} must not include {name}"


def test_headers_include_each_other_one_way() -> None:
    arrows = {path: own_includes(path) for path in source_paths()}
    for path in arrows:
        assert path not in reached_from(path, arrows), path


def test_what_an_instruction_set_compiles_again_is_its_own() -> None:
    """All else, the standard library above all, comes before the instruction set is switched on.

    What is compiled for an instruction set is in unnamed namespaces (`tests/packaging/test_symbols.py`).
    """
    arrows = {path: includes(SOURCES / path) for path in source_paths()}
    arrows |= {name: set() for names in list(arrows.values()) for name in names if name not in arrows}
    table = {"kernel/isa/table.hpp"} | reached_from("kernel/isa/table.hpp", arrows)
    again = {
        path
        for path in table
        if (SOURCES / path).is_file()
        and "namespace ndreg_preeval::kernel {\nnamespace {\n" in (SOURCES / path).read_text()
    }
    assert {"kernel/isa/table.hpp", "kernel/fft/lanes.hpp", "kernel/row_sweep.hpp"} <= again
    assert table - again <= reached_from("kernel/isa/prelude.hpp", arrows)
    for path in source_paths():
        if re.fullmatch(r"kernel/isa/isa_\w+\.cpp", path):
            order = re.findall(r'include "kernel/isa/(prelude|table)\.hpp"', (SOURCES / path).read_text())
            assert order == ["prelude", "table"], path


def test_sources_include_their_own_header_first() -> None:
    seen = 0
    for file in cpp_files(SOURCES, BINDINGS):
        if file.suffix != ".cpp":
            continue
        first = re.search(r'#include [<"]([^>"]+)[>"]', file.read_text())
        own = file.with_suffix(".hpp")
        public = CPP / "include" / "ndreg_preeval" / own.name
        if own.exists():
            expected = own.name if file.parent == BINDINGS else own.relative_to(SOURCES).as_posix()
        elif file.parent == SOURCES / "c_api":
            expected = "c_api/c_api.hpp"
        elif public.exists():
            expected = f"ndreg_preeval/{public.name}"
        else:  # one of several sources of a header
            continue
        assert first is not None
        assert first[1] == expected, file
        seen += 1
    assert seen > 20


def test_sources_have_different_names() -> None:
    """They are side by side in an archive, and in the reports of tools."""
    names = [file.name for file in cpp_files(SOURCES) if file.suffix == ".cpp"]
    assert len(set(names)) == len(names)


def test_every_source_is_compiled_in_one_unit() -> None:
    """But for the instruction sets, of which each is one."""
    build = (CPP / "CMakeLists.txt").read_text()
    listed = re.findall(r"^  src/(\S+\.cpp)\)?$", build, re.MULTILINE)
    assert sorted(listed) == sorted(path for path in source_paths() if path.endswith(".cpp"))
    named = re.search(r'foreach\(_folders ((?:"[a-z_|]+" ?)+)\)', build)
    assert named is not None
    folders = re.findall(r"[a-z_]+", named[1])
    assert sorted(folders) == sorted({path.partition("/")[0].removesuffix(".cpp") for path in listed})


def test_folders_stay_small() -> None:
    folders = [SOURCES, *(folder for folder in SOURCES.rglob("*") if folder.is_dir())]
    for folder in folders:
        assert sum(file.is_file() for file in folder.iterdir()) <= 18, folder


def test_public_headers_hold_standard_types_only() -> None:
    for file in cpp_files(CPP / "include"):
        for name in includes(file):
            assert name.startswith("ndreg_preeval/") or re.fullmatch(r"[a-z_]+", name), (file, name)


def test_the_c_interface_is_made_of_the_public_one() -> None:
    """Beside its own header, only names of enumerations come from elsewhere."""
    files = sorted((SOURCES / "c_api").iterdir())
    assert len(files) > 3
    for file in files:
        for name in includes(file):
            assert name in {"c_api/c_api.hpp", NAMES} or re.fullmatch(
                r"ndreg_preeval/ndreg_preeval\.h(pp)?|[a-z_]+", name
            ), (file, name)
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
    assert all(name.startswith("cpp/src/kernel/isa/isa_") for name in found), found
    build = (CPP / "CMakeLists.txt").read_text()
    assert not re.search(r"-m(arch|avx|sse|fma|cpu|tune)", build), "regions in sources, never flags of files"


def test_openmp_is_used_in_one_file() -> None:
    """And asked for its places in another one."""
    assert files_including(r"^omp\.h$", ALL_CPP) == {
        "cpp/src/threads/parallel.cpp",
        "cpp/src/threads/omp_places.cpp",
    }
    pragmas = {str(file.relative_to(ROOT)) for file in ALL_CPP if "#pragma omp" in file.read_text()}
    assert pragmas == {"cpp/src/threads/parallel.cpp"}


def test_pybind11_and_python_are_in_the_bindings_only() -> None:
    found = files_including(r"pybind11|Python\.h", ALL_CPP)
    assert found
    assert all(name.startswith("src/ndreg_preeval/_bindings/") for name in found), found


def test_bindings_use_public_headers_only() -> None:
    """And the names of enumerations, and the score of a stack."""
    for file in cpp_files(BINDINGS):
        for name in includes(file):
            local = (BINDINGS / name).exists()
            known = name.startswith("ndreg_preeval/") or name in {NAMES, STACK_SCORE}
            assert local or not name.endswith(".hpp") or known, (file, name)


def test_cpp_never_sees_hdf5() -> None:
    assert not files_including("hdf5|H5", ALL_CPP)


def test_core_never_prints_or_ends_the_process() -> None:
    forbidden = r"std::c(out|err|log)\b|\bf?printf\s*\(|\b(std::)?(abort|_?exit|terminate)\s*\("
    for file in ALL_CPP:
        assert not re.search(forbidden, file.read_text()), file


def test_every_source_file_names_its_licence() -> None:
    for file in [C_HEADER, *ALL_CPP]:
        assert "SPDX-License-Identifier: MIT" in file.read_text()[:400], file


def test_files_stay_small() -> None:
    for file in [C_HEADER, *ALL_CPP]:
        assert len(file.read_text().splitlines()) <= 500, file
