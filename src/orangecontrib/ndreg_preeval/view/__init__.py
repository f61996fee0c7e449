# SPDX-License-Identifier: MIT
"""Parts that the widget shows: `model` and `pictures` without Qt, the rest with it."""
