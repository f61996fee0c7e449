# SPDX-License-Identifier: MIT
"""Rankings as tables, JSON, CSV, figures and NeXus."""
