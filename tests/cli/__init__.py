# SPDX-License-Identifier: MIT
"""The command line and its demo."""
