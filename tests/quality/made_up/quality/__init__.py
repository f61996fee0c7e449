# SPDX-License-Identifier: MIT
"""A benchmark of two cases, in the form that `benchmarks/quality.py` takes."""
