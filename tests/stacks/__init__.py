# SPDX-License-Identifier: MIT
"""What can be a stack of images, and how its pixels are read."""
