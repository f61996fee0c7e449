# SPDX-License-Identifier: MIT
"""Ways to write where a stack is."""
