# SPDX-License-Identifier: MIT
"""What is built, installed and shown: wheels, sources, symbols, pages, layers."""
