# SPDX-License-Identifier: MIT
"""Ewoks: task, workflows, and the original package beside ours."""
