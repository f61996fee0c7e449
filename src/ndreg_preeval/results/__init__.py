# SPDX-License-Identifier: MIT
"""The numbers of stacks and what they mean, without files or pictures."""
