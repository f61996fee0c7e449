# SPDX-License-Identifier: MIT
"""Images through the core: in bounded memory, the same bits however it runs."""
