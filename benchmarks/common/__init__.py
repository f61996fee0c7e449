# SPDX-License-Identifier: MIT
"""Timing, child processes, tables and images that several benchmarks share."""
