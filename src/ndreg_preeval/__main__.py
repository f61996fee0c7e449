# SPDX-License-Identifier: MIT
"""`python -m ndreg_preeval` is the command `ndreg-preeval`."""

import sys

from .cli import main

if __name__ == "__main__":
    sys.exit(main())
