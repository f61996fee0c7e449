# SPDX-License-Identifier: MIT
"""Data flows one way in C++, too: which file may include which."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CPP = ROOT / "cpp"
BINDINGS = ROOT / "src" / "ndreg_preeval" / "_bindings"

# All of them inline, and of public headers: what the C interface and the bindings share.
NAMES = "scoring/names.hpp"


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
    files = sorted((CPP / "src" / "c_api").iterdir())
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
    for file in cpp_files(BINDINGS):
        for name in includes(file):
            local = (BINDINGS / name).exists()
            known = name.startswith("ndreg_preeval/") or name == NAMES
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
