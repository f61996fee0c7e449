# SPDX-License-Identifier: MIT
"""Tests of everything, in folders as the source; what they share is in `support`."""
