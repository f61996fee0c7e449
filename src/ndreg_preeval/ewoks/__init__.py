# SPDX-License-Identifier: MIT
"""The ranking as an Ewoks task, and workflows with it (extra ``ewoks``)."""

from __future__ import annotations
