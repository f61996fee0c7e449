# SPDX-License-Identifier: MIT
"""A ranking as table, JSON, CSV, figure and NeXus."""
