# SPDX-License-Identifier: MIT
"""Axes by their meaning: of images, and of stacks."""
