# SPDX-License-Identifier: MIT
"""HDF5 and NeXus files."""
