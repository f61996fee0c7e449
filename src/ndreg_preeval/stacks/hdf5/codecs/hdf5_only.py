# SPDX-License-Identifier: MIT
"""Filters that HDF5 and its plugins alone undo, of which only the package is known that brings them."""

from __future__ import annotations

from typing import Final

from .base import Filter


class Szip(Filter):
    """Szip."""

    number = 4
    provided_by = "an HDF5 library built with szip (libaec)"


class Zfp(Filter):
    """ZFP."""

    number = 32013
    provided_by = "hdf5plugin (zfp)"


class Sz(Filter):
    """SZ."""

    number = 32017
    provided_by = "hdf5plugin (sz)"


class FciDecomp(Filter):
    """FCIDECOMP."""

    number = 32018
    provided_by = "hdf5plugin (fcidecomp)"


class Sz3(Filter):
    """SZ3."""

    number = 32024
    provided_by = "hdf5plugin (sz3)"


class Sperr(Filter):
    """SPERR."""

    number = 32028
    provided_by = "hdf5plugin (sperr)"


HDF5_ONLY: Final = (Szip, Zfp, Sz, FciDecomp, Sz3, Sperr)
