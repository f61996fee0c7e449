# SPDX-License-Identifier: MIT
"""Images through the core, wherever it runs: the same bits, in bounded memory."""
