# SPDX-License-Identifier: MIT
"""Tests of the benchmark of ranking quality: whether its cases are what they say, and its figures right."""
