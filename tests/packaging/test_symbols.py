# SPDX-License-Identifier: MIT
"""Instructions that not every processor has stay where the dispatch keeps them.

A function compiled for AVX2 that other code could call, or that the linker could take instead of a
function of the same name, ends programs on older processors. Read from the compiled objects.
"""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

import ndreg_preeval
from ndreg_preeval import _core

COMPILER = next(
    (name for name in (os.environ.get("CXX", ""), "c++", "g++", "clang++") if name and shutil.which(name)), ""
)

pytestmark = [
    pytest.mark.skipif(
        sys.platform != "linux" or platform.machine() != "x86_64",
        reason="kernels for several instruction sets are there on x86-64 only, and read from ELF files",
    ),
    pytest.mark.skipif(
        not (shutil.which("nm") and shutil.which("objdump")), reason="nm and objdump (binutils) are missing"
    ),
]

# What each object may show of itself.
ENTRIES = {
    f"isa_{isa}.cpp.o": {f"ndreg_preeval::kernel::{isa}_{t}()" for t in ("single", "double")}
    for isa in ("avx2", "avx512")
}
# VEX and EVEX: instructions named v..., and k... for mask registers.
WIDE = re.compile(r"^(?:\{\w+\} *)*(?:v(?!err|erw|mcall|mfunc)\w+|k[a-z]+)\b|%[yz]mm|%k[0-7]\b")
# What AVX2 and FMA lack: 64 bytes, masks, registers from 16 on, and the instructions for bits.
BEYOND_AVX2 = re.compile(
    r"%zmm|%k[0-7]\b|%[xy]mm(?:1[6-9]|2\d|3[01])\b|^(?:andn|bextr|bls|bzhi|mulx|pdep|pext|rorx|sarx|shlx|shrx)"
)


@dataclass(frozen=True)
class Function:
    member: str  # object file within an archive
    name: str
    code: tuple[str, ...]

    @property
    def wide(self) -> list[str]:
        return [line for line in self.code if WIDE.search(line)]


def output(*words: str | Path) -> str:
    done = subprocess.run(
        [str(word) for word in words], capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, f"{words}\n{done.stderr}"
    return done.stdout


@cache
def functions(file: Path) -> list[Function]:
    """All functions of an object, archive or module; one nameless piece where it was stripped."""
    found: list[tuple[str, str, list[str]]] = []
    member = file.name
    for line in output("objdump", "-d", "-C", "--no-show-raw-insn", file).splitlines():
        if header := re.fullmatch(r"(\S+):\s+file format .*", line):
            member = Path(header[1]).name
        elif start := re.fullmatch(r"[0-9a-f]{8,} <(.*)>:", line):
            found.append((member, start[1], []))
        elif instruction := re.match(r"\s*[0-9a-f]+:\t(.*)", line):
            found[-1][2].append(instruction[1].split("#")[0].strip())
    return [Function(member, name, tuple(code)) for member, name, code in found]


@cache
def shown(file: Path) -> dict[str, set[str]]:
    """Symbols that other objects see: global, weak and unique ones, by object.

    But for the compiler's own pointers to the runtime of exceptions, DW.ref...
    """
    names: dict[str, set[str]] = {}
    member = file.name
    for line in output("nm", "-C", "--defined-only", file).splitlines():
        if header := re.fullmatch(r"(\S+\.o):", line):
            member = header[1]
        elif (entry := re.fullmatch(r"[0-9a-f]+ (\w) (.*)", line)) and (
            (entry[1].isupper() or entry[1] in "uiwv") and not entry[2].startswith("DW.ref.")
        ):
            names.setdefault(member, set()).add(entry[2])
    return names


def leaks(code: Iterable[Function], public: dict[str, set[str]]) -> list[str]:
    """Functions with wide instructions that are not the kernels' own."""
    return [
        f"{one.member}: {one.name}: {one.wide[0]}"
        for one in code
        if one.wide
        and (
            one.member not in ENTRIES
            or one.name in public.get(one.member, set())
            or "ndreg_preeval::kernel::(anonymous namespace)::" not in one.name
        )
    ]


@pytest.fixture(scope="module")
def library() -> Path:
    file = Path(ndreg_preeval.get_cmake_dir()).parents[1] / "libndreg_preeval.a"
    if not file.is_file():
        pytest.skip("this installation has no static library, or another build than pip's")
    return file


def test_there_is_something_to_see(library: Path) -> None:
    """The parsing below finds both kinds of objects, and wide instructions where they should be."""
    code = functions(library)
    assert {"isa_baseline.cpp.o", *ENTRIES} <= {one.member for one in code}
    others = [one for one in code if not one.member.startswith("isa_")]  # many sources in an object
    assert any(one.name.startswith("ndreg_preeval::Scorer::") for one in others)
    for member, entries in ENTRIES.items():
        inside = [one for one in code if one.member == member]
        assert sum(len(one.wide) for one in inside) > 1000
        assert {one.name for one in inside} >= entries
    assert any("%zmm" in line for one in code if one.member == "isa_avx512.cpp.o" for line in one.wide)
    assert any("%ymm" in line for one in code if one.member == "isa_avx2.cpp.o" for line in one.wide)


@pytest.mark.skipif(
    _core.build_config()["build_type"] == "Debug",
    reason="without optimisation, templates of the standard library stay functions of their own",
)
@pytest.mark.parametrize("member", ENTRIES)
def test_entry_functions_are_all_that_others_see(library: Path, member: str) -> None:
    assert shown(library)[member] == ENTRIES[member]


def test_wide_instructions_are_in_the_kernels_only(library: Path) -> None:
    """Not in other objects, entry functions, initialisers, or whatever the linker may merge."""
    found = leaks(functions(library), shown(library))
    assert not found, "\n".join(["(was everything compiled for a newer processor, by -march?)", *found[:20]])


def test_kernels_for_avx2_need_no_more(library: Path) -> None:
    beyond = [
        f"{one.name}: {line}"
        for one in functions(library)
        if one.member == "isa_avx2.cpp.o"
        for line in one.code
        if BEYOND_AVX2.search(line)
    ]
    assert not beyond, beyond[:20]


def test_the_python_module_has_those_of_the_library_only(library: Path) -> None:
    """Its symbols may be stripped; what was linked in beside the library would count extra."""
    inside = sum(len(one.wide) for one in functions(library))
    module = functions(Path(str(_core.__file__)))
    assert sum(len(one.wide) for one in module) == inside > 0
    named = [one for one in module if "ndreg_preeval" in one.name and one.wide]
    assert all("(anonymous namespace)" in one.name for one in named)


@pytest.mark.skipif(not COMPILER, reason="a C++ compiler is missing")
def test_the_guard_sees_a_leak(tmp_path: Path) -> None:
    """One object with a wide function that others see, one that hides it in the wrong place."""
    wide = "{ for (int i = 0; i < 64; ++i) a[i] += a[i + 64]; }\n"
    attribute = '__attribute__((target("avx2"), noinline)) '
    kernels = "namespace ndreg_preeval::kernel {{ {} }}\n"
    hidden = f"namespace {{ {attribute} void loop(float* a) {wide} }}"
    own = kernels.format(f"{hidden} void entry(float* a) {{ loop(a); }}")
    sources = {
        "isa_avx2.cpp": own,
        "scorer.cpp": own,
        "isa_avx512.cpp": kernels.format(f"{attribute} void leak(float* a) {wide}"),
    }
    found: dict[str, list[str]] = {}
    for name, text in sources.items():
        (tmp_path / name).write_text(text)
        file = tmp_path / f"{name}.o"
        output(COMPILER, "-std=c++17", "-O3", "-c", tmp_path / name, "-o", file)
        found[name] = leaks(functions(file), shown(file))
    assert not found["isa_avx2.cpp"]
    assert len(found["scorer.cpp"]) == 1
    assert "loop" in found["scorer.cpp"][0]
    assert len(found["isa_avx512.cpp"]) == 1
    assert "leak" in found["isa_avx512.cpp"][0]
