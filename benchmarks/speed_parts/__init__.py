# SPDX-License-Identifier: MIT
"""Parts of the speed benchmark, one purpose per file; `../speed.py` and `../native.py` run them."""
