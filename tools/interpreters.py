# SPDX-License-Identifier: MIT
"""An interpreter of each version of CPython to build and try wheels with, and its headers.

One that is installed, or that of Debian, unpacked into a folder with the C library that it needs.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import debian
from commands import run

SUITES: Final = {"3.11": "bookworm", "3.13": "trixie", "3.14": "forky"}
"""Suites of Debian that have a version; none has 3.12."""

FACTS: Final = """
import json, sys, sysconfig
print(json.dumps({
    "version": "%d.%d" % sys.version_info[:2],
    "free_threaded": bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
    "include": sysconfig.get_path("include"),
    "config": sysconfig.get_config_h_filename(),
}))
"""


def obtain(version: str, folder: Path) -> Path:
    """The interpreter of a version with its headers: an installed one, or Debian's below the folder."""
    for candidate in _candidates(version):
        if _usable(candidate, version):
            return candidate
    if version not in SUITES or not debian.reachable():
        raise SystemExit(
            f"no CPython {version} with its headers was found (looked for python{version} and in pyenv's and uv's "
            f"folders), nor can it be had from Debian. Install it, or name the versions to build: --python 3.13"
        )
    return debian_interpreter(version, folder)


def debian_interpreter(version: str, folder: Path) -> Path:
    """Debian's interpreter for this processor, with its own C library and loader."""
    folder = folder / f"debian-{version}"
    packages = [f"python{version}", f"libpython{version}-dev", "libstdc++6"]  # the last for numpy
    root = debian.unpack(packages, SUITES[version], platform.machine(), folder)
    python = root / "usr" / "bin" / f"python{version}"
    loader, libraries = next((root / "usr" / "lib64").glob("ld-linux*")), root / "usr" / "lib"
    run(
        "patchelf",
        "--set-interpreter",
        loader,
        "--force-rpath",
        "--set-rpath",
        next(libraries.glob("*-linux-gnu")),
        python,
    )
    if not _usable(python, version):
        raise SystemExit(f"{python} does not run, or has no headers")
    return python


def headers(python: Path, folder: Path) -> Path:
    """A copy of an interpreter's headers that serves all 64-bit little-endian Linux targets.

    In Debian pyconfig.h asks for another file by the target's name; here it is that file.
    """
    facts = _facts(python)
    copy = folder / facts["version"]
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(facts["include"], copy)
    config = Path(facts["config"])
    nested = sorted(Path(facts["include"]).parent.glob(f"*-linux-gnu/python{facts['version']}/pyconfig.h"))
    shutil.copy(nested[0] if nested else config, copy / "pyconfig.h")
    return copy


def _candidates(version: str) -> list[Path]:
    found = [Path(sys.executable)]
    if program := shutil.which(f"python{version}"):
        found.append(Path(program))
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    found += sorted(pyenv.glob(f"versions/{version}.*/bin/python{version}"))
    uv = Path(os.environ.get("UV_PYTHON_INSTALL_DIR", Path.home() / ".local" / "share" / "uv" / "python"))
    return found + sorted(uv.glob(f"cpython-{version}.*/bin/python{version}"))


def _facts(python: Path) -> dict[str, str]:
    printed: dict[str, str] = json.loads(run(python, "-c", FACTS))
    return printed


def _usable(python: Path, version: str) -> bool:
    """Whether it runs, is of the version, has a GIL, and its headers are there."""
    done = subprocess.run([python, "-c", FACTS], capture_output=True, text=True, check=False)
    if done.returncode != 0:  # a shim of pyenv, for instance
        return False
    facts = json.loads(done.stdout)
    there = all(Path(name).is_file() for name in (f"{facts['include']}/Python.h", facts["config"]))
    return facts["version"] == version and not facts["free_threaded"] and there
