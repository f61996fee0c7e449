# SPDX-License-Identifier: MIT
"""Files that libraries read."""
