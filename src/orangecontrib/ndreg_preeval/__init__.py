# SPDX-License-Identifier: MIT
"""A category of the Orange canvas: choosing the stack to align by."""

NAME = "Registration choice"

DESCRIPTION = "Which stack of images to align all of them by"

LONG_DESCRIPTION = DESCRIPTION

ICON = "icons/reg2d_preeval.svg"

BACKGROUND = "light-blue"
