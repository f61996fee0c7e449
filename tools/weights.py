# SPDX-License-Identifier: MIT
"""What makes up an installation: `python tools/weights.py` prints the tables of docs/hpc.md.

One wheel is built and installed with every extra for users, from wheels alone, into a fresh environment;
the files of each package are counted there, and their metadata tell which ones an extra takes.
"""

from __future__ import annotations

import argparse
import json
import platform
import tempfile
import time
from pathlib import Path
from typing import Final

from commands import new_venv, run, user_environment
from extras import FOR_DEVELOPERS, build, extras_of

LOOK: Final = '''
import importlib.metadata, json, sys
from ndreg_preeval.installation.libraries import LIBRARIES
from pip._vendor.packaging.requirements import Requirement

def spelt(name):
    return name.lower().replace("_", "-")

wanted_by = {}

def needed(name, extras, seen, by=None):
    """Names of packages that a package takes with some of its extras, itself among them."""
    name = spelt(name)
    wanted_by.setdefault(name, set()).add(by)
    new = {"", *extras} - seen.setdefault(name, set())
    seen[name] |= new
    for line in (importlib.metadata.requires(name) or []) if new else []:
        each = Requirement(line)
        if each.marker is None or any(each.marker.evaluate({"extra": extra}) for extra in new):
            needed(each.name, each.extras, seen, name)
    return sorted(seen)

def size(package):
    files = [file.locate() for file in package.files or []]
    return sum(file.stat().st_size for file in files if file.is_file())

package, *extras = sys.argv[1:]
alone = needed(package, [], {})
brings = {library.distribution: library.brings for library in LIBRARIES}
brings[spelt(package)] = "the package, with the C++ library and its headers"
print(json.dumps({
    "sizes": {
        spelt(each.metadata["Name"]): [each.version, size(each)] for each in importlib.metadata.distributions()
    },
    "uses": {
        name: brings.get(name) or "for " + ", ".join(sorted(wanted_by[name] - {None})) for name in alone
    },
    "taken": {extra: needed(package, [extra], {}) for extra in extras},
}))
'''

Sizes = dict[str, tuple[str, int]]
"""Version and bytes of each package."""


def megabytes(size: int) -> str:
    """As the tables have it."""
    return f"{size / 1e6:.1f}" if size >= 50_000 else "< 0.1"


def print_tables(sizes: Sizes, uses: dict[str, str], extras: dict[str, set[str]]) -> None:
    """Packages that always come, then what each extra adds."""

    def by_size(names: set[str]) -> list[str]:
        return sorted(names, key=lambda name: -sizes[name][1])

    alone = set(uses)
    print("\n| package | version | MB | what for |\n|---|---|---|---|")
    for name in by_size(alone):
        print(f"| {name} | {sizes[name][0]} | {megabytes(sizes[name][1])} | {uses[name]} |")
    print(f"| together | | {megabytes(sum(sizes[name][1] for name in alone))} | |")
    print("\n| extra | adds, MB | the largest of it, MB |\n|---|---|---|")
    for extra, names in sorted(extras.items()):
        more = by_size(names - alone)
        largest = ", ".join(f"{name} {megabytes(sizes[name][1])}" for name in more[:4])
        print(f"| `{extra}` | {megabytes(sum(sizes[name][1] for name in more))} | {largest} |")


def main() -> None:
    """Both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--wheel", type=Path, help="instead of building one")
    arguments = parser.parse_args()
    environment = user_environment()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        wheel = arguments.wheel.resolve() if arguments.wheel else build(folder)
        python = new_venv(folder / "environment")
        extras = [extra for extra in extras_of(wheel) if extra not in FOR_DEVELOPERS]
        command = (python, "-m", "pip", "install", "--quiet", "--only-binary", ":all:")
        run(*command, f"{wheel}[{','.join(extras)}]", folder=folder, environment=environment)
        said = run(python, "-c", LOOK, "ndreg_preeval", *extras, folder=folder, environment=environment)
        found = json.loads(said)
        taken = {extra: set(names) for extra, names in found["taken"].items()}
        print(f"{time.strftime('%Y-%m-%d')}, Python {platform.python_version()}, {platform.platform()}")
        print_tables(found["sizes"], found["uses"], taken)


if __name__ == "__main__":
    main()
