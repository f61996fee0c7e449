# SPDX-License-Identifier: MIT
"""The compiled module, loaded without a side effect and not where it would hang: all others import it from here."""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

__all__ = [
    "ALL_INVALID",
    "AT_REST",
    "BEYOND_LIMIT",
    "FEW_LEVELS",
    "FILE",
    "HIDES_MOTION",
    "HOT_PIXEL",
    "IDENTICAL",
    "IN_DOUBLE",
    "NO_CONTRAST",
    "PAIR_SCORE",
    "REPEATED_PIXELS",
    "SPLIT_PEAK",
    "STATIC_APERTURE",
    "STATIC_BACKGROUND",
    "WRAPPED",
    "Cancelled",
    "Scorer",
    "at_zero_shift",
    "block_starts",
    "build_config",
    "default_threads",
    "find_static_pattern",
    "kept_memory",
    "leave_openmp_place",
    "lzf_length",
    "method_named",
    "method_names",
    "rank",
    "release_memory",
    "stack_score",
    "static_pattern_stride",
    "summary",
    "usable_cpus",
    "with_static_pattern",
    "zstd_fits",
]


def refuse_subinterpreters() -> None:
    """Later versions of Python refuse by themselves; 3.11 would wait for ever.

    Raises
    ------
    ImportError
        In a sub-interpreter.
    """
    if sys.version_info >= (3, 12):
        return
    try:
        interpreters: Any = importlib.import_module("_xxsubinterpreters")
    except ImportError:  # a Python without them
        return
    if interpreters.get_current() != interpreters.get_main():
        raise ImportError("module ndreg_preeval._core does not support loading in subinterpreters")


@contextlib.contextmanager
def kept_cpus() -> Iterator[None]:
    """Leave the thread on the CPUs that it has.

    Where OMP_PROC_BIND or OMP_PLACES is set, to load an OpenMP runtime binds the thread to one
    place, often one CPU, and all threads that Python starts from it later would share that one.
    """
    if not hasattr(os, "sched_getaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    yield
    if os.sched_getaffinity(0) != before:
        with contextlib.suppress(OSError):  # allowed or not, the module works
            os.sched_setaffinity(0, before)


def compiled_modules(folder: Path) -> list[str]:
    """Names in a folder that are the compiled module of some Python."""
    try:
        found = sorted(file for file in folder.iterdir() if file.name.startswith("_core."))
    except OSError:  # not a folder: an archive on the path
        return []
    return [
        file.name if file.is_file() else f"{file.name} (a link to nothing)"
        for file in found
        if file.suffix in {".so", ".pyd", ".dylib", ".dll"}
    ]


def what_is_missing() -> str:
    """What to say where this Python finds no compiled module.

    Returns
    -------
    str
        The file that it looks for, the files that there are, and the way out.
    """
    import sysconfig
    from importlib.machinery import EXTENSION_SUFFIXES

    folders = [Path(folder).absolute() for folder in sys.modules[__package__].__path__]
    found = {folder: ", ".join(compiled_modules(folder)) for folder in folders}
    python = f"{sys.implementation.name} {sys.version.split()[0]} on {sysconfig.get_platform()}"
    install = f"{sys.executable or 'python'} -m pip install"
    if not all(folder.is_dir() for folder in folders):
        way_out = f"Compiled modules are not loaded out of archives: install this one by {install} ARCHIVE"
    elif any((folder / "_bindings").is_dir() for folder in folders):
        way_out = (
            f"That is the source tree: build it by {install} -e . at its top, "
            "or start Python elsewhere if the package is installed."
        )
    elif any(found.values()):
        way_out = (
            "The package was installed by another Python or for another processor: "
            f"install it with this one by {install} --force-reinstall ndreg_preeval"
        )
    else:
        way_out = f"The installation is not complete: {install} --force-reinstall ndreg_preeval"
    return "\n".join(
        [
            "The compiled module of ndreg_preeval is missing.",
            f"This Python ({python}) looks for _core{(EXTENSION_SUFFIXES or ['.so'])[0]}",
            *(f"  in {folder}, where there is {found[folder] or 'none'}" for folder in folders),
            way_out,
        ]
    )


# What loaders say, and what it means.
HINTS: Final = {
    "version `GLIBC_": "The C library of this system is older than the one that the package was built for",
    "version `GLIBCXX_": "Another, older C++ runtime library comes first (LD_LIBRARY_PATH, or the environment's own)",
    "version `CXXABI_": "Another, older C++ runtime library comes first (LD_LIBRARY_PATH, or the environment's own)",
    "failed to map segment": "The folder may be on a file system from which nothing may be run (noexec)",
    "wrong ELF class": "The file was built for another processor",
    "invalid ELF header": "The file was built for another system, or is damaged",
    "file too short": "The file is damaged",
    "incompatible architecture": "The file was built for another processor",
    "undefined symbol: Py": "The file was built for another Python",
    "undefined symbol: _Py": "The file was built for another Python",
    "cannot open shared object file: No such file": "A library that the package was built with is not on this system",
    "Error loading shared library": "A library that the package was built with is not on this system",
}


def why_not_loaded(said: str) -> str:
    """A hint for what a loader said, with the way out; empty where nothing is known of it."""
    for part, meaning in HINTS.items():
        if part in said:
            install = f"{sys.executable or 'python'} -m pip install --force-reinstall"
            return (
                f"\n{meaning}. Take a wheel for this system ({install} ndreg_preeval), "
                f"or compile it here ({install} --no-binary ndreg_preeval ndreg_preeval)."
            )
    return ""


def explained(error: ImportError) -> ImportError:
    """The error of a compiled module that cannot be loaded, in words that help.

    Parameters
    ----------
    error : ImportError
        What Python raised.

    Returns
    -------
    ImportError
        The same one where there is nothing to add.
    """
    from importlib.util import find_spec

    name = f"{__package__}._core"
    if find_spec(name) is None:
        return ModuleNotFoundError(what_is_missing(), name=name)
    hint = why_not_loaded(str(error))
    return ImportError(f"{error}{hint}", name=name, path=error.path) if hint else error


refuse_subinterpreters()
with kept_cpus():
    try:
        from . import _core
    except ImportError as error:
        better = explained(error)
        if better is error:
            raise
        raise better from error

from ._core import (
    ALL_INVALID,
    AT_REST,
    BEYOND_LIMIT,
    FEW_LEVELS,
    HIDES_MOTION,
    HOT_PIXEL,
    IDENTICAL,
    IN_DOUBLE,
    NO_CONTRAST,
    PAIR_SCORE,
    REPEATED_PIXELS,
    SPLIT_PEAK,
    STATIC_APERTURE,
    STATIC_BACKGROUND,
    WRAPPED,
    Cancelled,
    Scorer,
    at_zero_shift,
    block_starts,
    build_config,
    default_threads,
    find_static_pattern,
    kept_memory,
    leave_openmp_place,
    lzf_length,
    method_named,
    method_names,
    rank,
    stack_score,
    static_pattern_stride,
    summary,
    usable_cpus,
    with_static_pattern,
    zstd_fits,
)


def release_memory() -> int:
    """Give memory that is kept for later calls back to the system.

    Memory for images and spectra is kept when a stack is done, since fresh pages cost as much as what
    is done in them: at most an eighth of what the process may use and 4 GiB, or as much as the
    environment variable ``NDREG_PREEVAL_KEPT_MEMORY`` says (``0``, ``500M``, ``2G``), which is read
    for every stack. Threads that sleep between calls end, too. The next call is as slow as the first
    one. Other threads may be in calls; other processes (`isolate`, executors) keep what they have.

    Returns
    -------
    int
        Bytes, about, that were given back.

    Examples
    --------
    >>> import numpy as np
    >>> from ndreg_preeval import rank_stacks, release_memory
    >>> scene = np.random.default_rng(1).normal(size=(64, 64))
    >>> images = [np.roll(scene, 2 * i, axis=1) for i in range(3)]
    >>> ranking = rank_stacks({"a": images})
    >>> release_memory() > 0
    True
    >>> release_memory()
    0
    """
    return _core.release_memory()


FILE: Final = str(_core.__file__)
"""Path of the compiled module."""
