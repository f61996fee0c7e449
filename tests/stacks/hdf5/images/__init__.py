# SPDX-License-Identifier: MIT
"""Images of HDF5 files."""
