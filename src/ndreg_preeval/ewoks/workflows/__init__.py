# SPDX-License-Identifier: MIT
"""Workflows with the task, as files of Ewoks."""

from __future__ import annotations
