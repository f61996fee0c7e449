# SPDX-License-Identifier: MIT
"""The core: numbers, errors, threads, instruction sets, and its C interface."""
