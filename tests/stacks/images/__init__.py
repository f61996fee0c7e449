# SPDX-License-Identifier: MIT
"""Stacks made of images in many files."""
