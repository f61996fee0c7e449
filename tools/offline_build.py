# SPDX-License-Identifier: MIT
"""Build and install the source distribution without a network: `nox -s sdist`.

The Python that runs this needs what is built with, as a cluster's would.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# A namespace of its own, where there is no network but this one.
NAMESPACE = ["unshare", "--map-root-user", "--net"]
REACH = "import socket; socket.create_connection(('192.0.2.1', 9), 5)"


def cut_off() -> list[str]:
    """What to put before a command so that it has no network; nothing where that cannot be had."""
    if shutil.which(NAMESPACE[0]) is None or subprocess.run([*NAMESPACE, "true"], check=False).returncode:
        print("the network is not cut off (unshare is missing, or not allowed): --no-index alone forbids it")
        return []
    reached = subprocess.run(
        [*NAMESPACE, sys.executable, "-c", REACH], capture_output=True, text=True, check=False
    )
    if "Network is unreachable" not in reached.stderr:
        raise SystemExit(f"the network is not cut off:\n{reached.stderr}")
    print("the network is cut off: connecting anywhere gives 'Network is unreachable'")
    return NAMESPACE


def main() -> None:
    """Source distribution, then `pip install` of it into a folder, then `import`."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        # As it would come from an index, so made with a network or without.
        subprocess.run(
            [sys.executable, "-m", "build", "--no-isolation", "--sdist", "--outdir", folder, ROOT],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        (sdist,) = folder.glob("*.tar.gz")
        alone = cut_off()
        subprocess.run(
            [
                *alone,
                *(sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--no-index"),
                *("--no-build-isolation", "--no-deps", "--target", folder / "installed", sdist),
            ],
            check=True,
            env={**os.environ, "PIP_FIND_LINKS": ""},
        )
        facts = (
            "import ndreg_preeval as n; f = n.build_config(); print(n.__file__, f['version'], f['pocketfft'])"
        )
        subprocess.run(
            [*alone, sys.executable, "-c", facts],
            check=True,
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(folder / "installed")},
        )


if __name__ == "__main__":
    main()
