# SPDX-License-Identifier: MIT
"""The Orange widget: its form, its model, and the canvas."""
