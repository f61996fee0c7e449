# SPDX-License-Identifier: MIT
"""Parts of the quality benchmark: outcomes, and their tables; `../quality.py` runs them."""
