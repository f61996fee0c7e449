# SPDX-License-Identifier: MIT
"""Helpers of tests: oracle, scenes, made-up rankings, programs; no tests."""
