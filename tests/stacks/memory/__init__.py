# SPDX-License-Identifier: MIT
"""Stacks in memory: arrays of numpy and of other libraries."""
