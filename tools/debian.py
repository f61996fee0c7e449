# SPDX-License-Identifier: MIT
"""Packages of Debian, of any suite and for any processor, unpacked into a folder.

apt gets a directory of its own: nothing of this machine's packages is read or changed, and nobody has
to be root.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

from commands import run

MIRROR: Final = "http://deb.debian.org/debian"
KEYRING: Final = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
ARCHITECTURES: Final = {"x86_64": "amd64", "aarch64": "arm64"}
"""What Debian calls them."""


def reachable() -> bool:
    """Whether this machine has what is needed to unpack packages of Debian."""
    return KEYRING.is_file() and all(shutil.which(name) for name in ("apt-get", "dpkg-deb"))


def unpack(packages: list[str], suite: str, machine: str, folder: Path) -> Path:
    """Packages and all that they depend on, unpacked below a folder as if below /; once only."""
    root = folder / "root"
    done = folder / "done"
    if done.is_file() and done.read_text().split() == packages:
        return root
    if not reachable():
        raise SystemExit(f"packages of Debian need apt-get, dpkg-deb and {KEYRING} (debian-archive-keyring)")
    shutil.rmtree(folder, ignore_errors=True)
    options = _private_apt(suite, ARCHITECTURES[machine], folder / "apt")
    run("apt-get", *options, "--quiet", "update")
    run(
        "apt-get",
        *options,
        "--quiet",
        "--yes",
        "--no-install-recommends",
        "--download-only",
        "install",
        *packages,
    )
    root.mkdir()
    for name in ("bin", "sbin", "lib", "lib64"):  # as on every Debian since 12
        (root / "usr" / name).mkdir(parents=True)
        (root / name).symlink_to(f"usr/{name}")
    for package in sorted((folder / "apt" / "cache" / "archives").glob("*.deb")):
        run("dpkg-deb", "--extract", package, root)
    shutil.rmtree(folder / "apt")
    done.write_text(" ".join(packages))
    return root


def _private_apt(suite: str, architecture: str, folder: Path) -> list[str]:
    """Options of apt-get that keep it within a folder."""
    (folder / "state" / "lists" / "partial").mkdir(parents=True)
    (folder / "cache" / "archives" / "partial").mkdir(parents=True)
    (folder / "status").touch()
    (folder / "empty").mkdir()
    (folder / "debian.sources").write_text(
        f"Types: deb\nURIs: {MIRROR}\nSuites: {suite}\nComponents: main\n"
        f"Architectures: {architecture}\nSigned-By: {KEYRING}\n"
    )
    settings = {
        "Dir::Etc::sourcelist": folder / "debian.sources",
        "Dir::Etc::sourceparts": folder / "empty",
        "Dir::Etc::preferencesparts": folder / "empty",
        "Dir::State": folder / "state",
        "Dir::State::status": folder / "status",
        "Dir::Cache": folder / "cache",
        "APT::Architecture": architecture,
        "APT::Architectures": architecture,
        "APT::Sandbox::User": "root",  # the folder is the user's, whoever that is
        "Acquire::Languages": "none",
    }
    return [word for name, value in settings.items() for word in ("-o", f"{name}={value}")]
