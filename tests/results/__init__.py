# SPDX-License-Identifier: MIT
"""What numbers mean: evidence, trust, jumps."""
