# SPDX-License-Identifier: MIT
"""What a wheel must hold, and must not: files, licences, tags, symbols that its module shows."""

from __future__ import annotations

import re
import sys
import tempfile
import zipfile
from email.parser import Parser
from pathlib import Path, PurePosixPath

from symbols import ENTRY, faults_of_module

PACKAGE = "ndreg_preeval"
# Beside the Python modules: what C++ projects build with.
NEEDED = [
    "include/ndreg_preeval/ndreg_preeval.hpp",
    "lib/cmake/ndreg_preeval/ndreg_preeval-config.cmake",
    "lib/cmake/ndreg_preeval/ndreg_preeval-config-version.cmake",
    "lib/cmake/ndreg_preeval/ndreg_preeval-static.cmake",
    "lib/cmake/ndreg_preeval/ndreg_preeval-static-targets.cmake",
    "lib/pkgconfig/ndreg_preeval.pc",
    "py.typed",
]
OF_THE_LIBRARY = re.compile(rf"{PACKAGE}/(include|lib)/")
# What is compiled in, where its licence lies, and words of that licence.
LICENCES = {
    "ndreg_preeval (MIT)": (f"{PACKAGE}-*.dist-info/licenses/LICENSE", "Permission is hereby granted"),
    "pocketfft (BSD-3-Clause)": (f"{PACKAGE}/licenses/pocketfft.txt", "Max-Planck-Society"),
    "pybind11 (BSD-3-Clause)": (
        f"{PACKAGE}-*.dist-info/licenses/third_party/pybind11/LICENSE",
        "Wenzel Jakob",
    ),
}
STRANGE = re.compile(r"(^|/)(build|CMakeFiles|__pycache__|_bindings|tests?)/|\.(o|obj|pyc|cpp)$")


def check_contents(wheel: Path, *, library: bool = True) -> str:
    """Raise ValueError for what is wrong with a wheel; else say what was seen.

    Where there is to be no library, C++ projects find nothing in the wheel, not even headers.
    """
    with zipfile.ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if not name.endswith("/")]
        texts = {name: archive.read(name).decode("utf-8", "replace") for name in names if _is_text(name)}
    wrong = [
        f"outside the package: {name}"
        for name in names
        if not re.match(rf"{PACKAGE}(-[^/]+\.dist-info)?/|orangecontrib/{PACKAGE}/", name)
    ]
    wrong += [f"does not belong here: {name}" for name in names if STRANGE.search(name)]
    if library:
        wrong += [f"missing: {name}" for name in NEEDED if f"{PACKAGE}/{name}" not in names]
        if not any(re.fullmatch(rf"{PACKAGE}/lib/(lib)?ndreg_preeval\.(a|lib)", name) for name in names):
            wrong.append("missing: the static library")
    else:
        wrong += [f"of no use without a library: {name}" for name in names if OF_THE_LIBRARY.match(name)]

    seen = []
    for what, (pattern, words) in LICENCES.items():
        if any(PurePosixPath(name).match(pattern) and words in text for name, text in texts.items()):
            seen.append(what)
        else:
            wrong.append(f"missing: the licence of {what}, {pattern}")
    # Every other binary was put there by a repair tool, and would want its licence here, too.
    binaries = [name for name in names if re.search(r"\.(so|dylib|dll|pyd)(\.|$)", name)]
    modules = [name for name in binaries if re.fullmatch(rf"{PACKAGE}/_core\.[^/]+", name)]
    wrong += [f"a grafted library: {name}" for name in binaries if name not in modules]
    if len(modules) != 1:
        wrong.append(f"one compiled module, not {modules}")
    wrong += [f"{name} {fault}" for name in modules for fault in _faults(wheel, name)]

    metadata = next(text for name, text in texts.items() if name.endswith(".dist-info/METADATA"))
    expression = Parser().parsestr(metadata)["License-Expression"]
    if expression != "MIT AND BSD-3-Clause":
        wrong.append(f"License-Expression: {expression}")
    tags = wheel.stem.split("-")[2:]
    if "abi3" in tags[1]:
        wrong.append("abi3: check it with abi3audit")
    if wrong:
        raise ValueError(f"{wheel.name}:\n  " + "\n  ".join(wrong))
    return (
        f"{wheel.name}\n  licences inside: {', '.join(seen)}\n  grafted libraries: none\n"
        f"  symbols that other modules see: {ENTRY}\n  tags: {' '.join(tags)} (not abi3: abi3audit has nothing to check)\n"
        f"  {len(names)} files, {wheel.stat().st_size} bytes"
    )


def _faults(wheel: Path, module: str) -> list[str]:
    """What the loader would see of the module, where it is one for Linux or macOS."""
    if not module.endswith(".so"):
        return []
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(wheel) as archive:
        return faults_of_module(
            Path(archive.extract(module, folder)), system="darwin" if "macosx" in wheel.name else "linux"
        )


def _is_text(name: str) -> bool:
    return PurePosixPath(name).suffix in {"", ".txt"} or name.endswith("METADATA")


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        print(check_contents(Path(argument)))
