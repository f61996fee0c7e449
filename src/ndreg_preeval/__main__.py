# SPDX-License-Identifier: MIT
"""The command `ndreg-preeval` as `python -m ndreg_preeval`."""

import sys

from .cli import main

if __name__ == "__main__":
    sys.exit(main())
