# SPDX-License-Identifier: MIT
"""Pages in a real browser: `nox -s browser`, which fails where there is none."""
