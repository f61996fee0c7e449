# SPDX-License-Identifier: MIT
"""What all tests rely on."""

from __future__ import annotations

import logging
import signal

# Shells start background jobs with SIGINT ignored, and children inherit that: a test of Ctrl-C
# would wait for ever. A handler of our own is reset to the default in every child.
if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# pytest asks for records of INFO; the log is tried in tests of its own, and all others run as users do, without.
logging.getLogger("ndreg_preeval").setLevel(logging.WARNING)
