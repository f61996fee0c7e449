# SPDX-License-Identifier: MIT
"""Public functions and classes, and the ground that they stand on."""
