# SPDX-License-Identifier: MIT
"""Parts of this installation, and the folders where C++ projects find them."""

from __future__ import annotations

import platform
import sys
from pathlib import Path
from typing import Any

import numpy as np

from .. import core

__all__ = ["build_config", "get_cmake_dir", "get_include", "get_pkgconfig_dir"]

_PACKAGE = Path(__file__).resolve().parents[1]


def build_config() -> dict[str, Any]:
    """Describe this build and what it runs on.

    Returns
    -------
    dict
        ``version``, ``compiler``, ``build_type``, ``threads`` (the back end: "openmp", "std"
        or "off"), ``pocketfft`` (which copy), ``isas`` (instruction sets with kernels of their own,
        best last), ``usable_isas`` (those that this processor can run), ``isa`` (the one in use: the
        last usable one, or what the environment variable ``NDREG_PREEVAL_ISA`` names),
        ``affinity_cpus`` (CPUs that threads may run on), ``cgroup_cpus`` (its control group's
        share, None without a limit), ``omp_num_threads`` (from ``OMP_NUM_THREADS``, None where not
        set), ``usable_cpus`` and ``default_threads`` (what follows from these), ``python``,
        ``numpy``, ``platform``, ``core`` (path of the compiled module).

    Raises
    ------
    ValueError
        When ``NDREG_PREEVAL_ISA`` names an instruction set that is not usable here.

    Examples
    --------
    >>> from ndreg_preeval import build_config
    >>> build_config()["threads"] in ("openmp", "std", "off")
    True
    """
    return {
        **core.build_config(),
        "usable_cpus": core.usable_cpus(),
        "default_threads": core.default_threads(),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "platform": f"{sys.platform} {platform.machine()}",
        "core": core.FILE,
    }


def get_include() -> str:
    """Return the folder of the C++ headers, for ``-I``.

    Returns
    -------
    str
        Absolute path of the folder.

    Raises
    ------
    FileNotFoundError
        When this installation came without them.

    Examples
    --------
    >>> import os
    >>> from ndreg_preeval import get_include
    >>> os.path.basename(get_include())
    'include'
    """
    return _folder("include", "ndreg_preeval/ndreg_preeval.hpp", "C++ headers")


def get_cmake_dir() -> str:
    """Return the folder of the CMake package, for ``-Dndreg_preeval_DIR=``.

    Returns
    -------
    str
        Absolute path of the folder.

    Raises
    ------
    FileNotFoundError
        When this installation came without it.

    Examples
    --------
    >>> import os
    >>> from ndreg_preeval import get_cmake_dir
    >>> os.path.basename(get_cmake_dir())
    'ndreg_preeval'
    """
    return _folder("lib/cmake/ndreg_preeval", "ndreg_preeval-config.cmake", "the CMake package")


def get_pkgconfig_dir() -> str:
    """Return the folder of ``ndreg_preeval.pc``, for ``PKG_CONFIG_PATH``.

    Returns
    -------
    str
        Absolute path of the folder.

    Raises
    ------
    FileNotFoundError
        When this installation came without it.

    Examples
    --------
    >>> import os
    >>> from ndreg_preeval import get_pkgconfig_dir
    >>> os.path.basename(get_pkgconfig_dir())
    'pkgconfig'
    """
    return _folder("lib/pkgconfig", "ndreg_preeval.pc", "the pkg-config file")


def _folder(relative: str, file: str, what: str) -> str:
    folder = _PACKAGE / relative
    if (folder / file).is_file():
        return str(folder)
    # An editable install keeps its data files in site-packages, apart from the sources.
    beside = Path(core.FILE).resolve().parent / relative
    if (beside / file).is_file():
        return str(beside)
    raise FileNotFoundError(f"this installation of ndreg_preeval lacks {what}: there is no {folder / file}")
