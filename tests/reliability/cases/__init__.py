# SPDX-License-Identifier: MIT
"""Cases, section by section."""
