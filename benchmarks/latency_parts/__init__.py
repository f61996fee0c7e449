# SPDX-License-Identifier: MIT
"""Parts of the latency benchmark, one purpose per file; `../latency.py` runs them."""
