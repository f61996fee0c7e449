# SPDX-License-Identifier: MIT
"""TIFF files, read by any thread."""
