# SPDX-License-Identifier: MIT
"""Parts of the quality benchmark; `../quality.py` runs them.

`real_scenes` makes cases of photographs (`photographs`, `static_kinds`, `other_kinds`); `outcomes` is what
becomes of cases, `tables` shows it.
"""
