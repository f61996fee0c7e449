# SPDX-License-Identifier: MIT
"""Behaviour as a process: threads, signals, limits, manners."""
