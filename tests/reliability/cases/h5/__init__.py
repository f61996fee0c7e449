# SPDX-License-Identifier: MIT
"""HDF5 files: layouts, contents, damage, and the world around them."""
