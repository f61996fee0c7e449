# SPDX-License-Identifier: MIT
"""What the widget shows: `model` and `pictures` without Qt, the rest with it."""
