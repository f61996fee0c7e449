# SPDX-License-Identifier: MIT
"""Parts of the scaling benchmark, one purpose per file; `../scaling.py` runs them."""
