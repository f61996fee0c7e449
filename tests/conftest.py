# SPDX-License-Identifier: MIT
"""What all tests rely on."""

from __future__ import annotations

import signal

# Shells start background jobs with SIGINT ignored, and children inherit that: a test of Ctrl-C
# would wait for ever. A handler of our own is reset to the default in every child.
if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
    signal.signal(signal.SIGINT, signal.default_int_handler)
