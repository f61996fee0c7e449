# SPDX-License-Identifier: MIT
"""Parts of the reading benchmark, one purpose per file; `../reading.py` runs them."""
