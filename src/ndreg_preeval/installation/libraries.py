# SPDX-License-Identifier: MIT
"""Other libraries: what each brings, which extra it belongs to, and which are here; none is imported to find out.

`tests/packaging/test_libraries.py` holds the tables equal to the extras of pyproject.toml.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import sys
from pathlib import Path
from typing import Final, NamedTuple

PACKAGE: Final = "ndreg_preeval"


class Library(NamedTuple):
    """Another library: needed, or brought by extras."""

    distribution: str
    """Name that pip knows."""
    module: str
    """Name by which it is imported."""
    brings: str
    """What there is with it and not without, in a few words."""
    extras: tuple[str, ...] = ()
    """Extras that bring it, the likeliest first; none where it is needed, or comes with another library."""
    needed: bool = False
    """Whether the package is never without it."""


LIBRARIES: Final = (
    Library("numpy", "numpy", "arrays", needed=True),
    Library("h5py", "h5py", "HDF5 and NeXus files", needed=True),
    Library("silx", "silx", "URIs of datasets; silx view shows results", needed=True),
    Library("hdf5plugin", "hdf5plugin", "filters of compressed HDF5 files", needed=True),
    Library("tqdm", "tqdm", "progress bars", needed=True),
    Library("jinja2", "jinja2", "HTML reports and notebooks", needed=True),
    Library("matplotlib", "matplotlib", "figures: --plot, Ranking.plot", ("plot", "orange")),
    Library("pandas", "pandas", "data frames: Ranking.to_dataframe", ("pandas",)),
    Library("dask", "dask", "stacks that are dask arrays", ("dask",)),
    Library(
        "imagecodecs",
        "imagecodecs",
        "compressed HDF5 chunks decoded by several threads, and compressed TIFF",
        ("decode", "tiff"),
    ),
    Library("tifffile", "tifffile", "TIFF files", ("tiff",)),
    Library("pillow", "PIL", "PNG, JPEG and the like, as images and as masks", ("pictures",)),
    Library("fabio", "fabio", "EDF and CBF files; it comes with silx"),
    Library("mrcfile", "mrcfile", "MRC files of electron microscopes", ("em",)),
    Library("ncempy", "ncempy", "DM3, DM4, SER files of electron microscopes (GPL)", ("em",)),
    Library("zarr", "zarr", "zarr stores and OME-Zarr", ("zarr",)),
    Library("ewoks", "ewoks", "workflows from the command line", ("ewoks",)),
    Library("ewokscore", "ewokscore", "the Ewoks task", ("ewoks",)),
    Library("ewoksorange", "ewoksorange", "the Orange widget", ("orange",)),
    Library("qtawesome", "qtawesome", "icons of the Orange widget", ("orange",)),
    Library("shtab", "shtab", "completion of commands in bash, zsh and tcsh", ("completion",)),
)
"""Libraries that a user may miss; those for benchmarks and tests are not among them."""

EXTRAS: Final = {
    "plot": "figures",
    "pandas": "data frames",
    "dask": "stacks that are dask arrays",
    "decode": "compressed HDF5 files faster: chunks decoded by several threads",
    "tiff": "TIFF files",
    "pictures": "PNG, JPEG and the like",
    "em": "files of electron microscopes; not part of all, since ncempy is under the GPL",
    "zarr": "zarr stores",
    "ewoks": "the Ewoks task and workflows",
    "orange": "the Orange widget; brings ewoks",
    "completion": "completion of commands in the shell",
    "bench": "what the benchmarks compare with",
    "test": "what the tests need",
    "all": "plot, pandas, dask, decode, tiff, pictures, zarr, ewoks and completion",
}
"""Extras with what each is for."""


class State(NamedTuple):
    """Whether a library is here."""

    found: bool
    """Whether it can be imported, as far as can be said without doing it."""
    version: str
    """Empty where nothing says it."""
    problem: str = ""
    """What is wrong with its installation."""

    def __str__(self) -> str:
        """The version, or what is wrong."""
        return self.problem or (self.version or "of unknown version" if self.found else "not installed")


def state_of(library: Library) -> State:
    """Return whether a library is here; imports nothing, and never fails."""
    try:
        version = str(importlib.metadata.version(library.distribution) or "")
        listed = True
    except Exception:  # noqa: BLE001 - metadata may be damaged in any way
        version, listed = "", False
    found = _is_there(library.module)
    if listed and not found:
        return State(False, version, f"broken: {version or 'metadata'} without its files, install it again")
    return State(found, version)


def install_command(extra: str) -> str:
    """Return the command that installs an extra."""
    return f'pip install "{PACKAGE}[{extra}]"'


def how_to_get(*distributions: str) -> str:
    """Return the way out for a message that libraries are missing: ``pip install matplotlib, or the extra "plot"``.

    Parameters
    ----------
    *distributions : str
        Names of `LIBRARIES` that one extra brings, the missing one first.
    """
    known = {library.distribution: library for library in LIBRARIES}
    extras = known[distributions[0]].extras
    either = f', or the extra "{extras[0]}"' if extras else ""
    return f"pip install {' '.join(distributions)}{either}"


def _is_there(module: str) -> bool:
    """Whether a module has files; importlib would import what a dotted name lies in."""
    top, *inner = module.split(".")
    if sys.modules.get(module) is not None:
        return True
    try:
        spec = importlib.util.find_spec(top)
    except Exception:  # noqa: BLE001 - finders of other packages raise what they like
        return False
    if spec is None:
        return False
    # A folder of that name that is no package, in the working directory for one, is found as well: it has no file.
    places = [Path(place, *inner) for place in spec.submodule_search_locations or ()]
    if not inner:
        return spec.origin is not None or any(
            file.suffix == ".py" for place in places for file in _files(place)
        )
    return any(place.is_dir() or any(_files(place.parent, f"{place.name}.*")) for place in places)


def _files(folder: Path, pattern: str = "*") -> list[Path]:
    try:
        return list(folder.glob(pattern))
    except OSError:
        return []
