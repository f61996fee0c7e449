# SPDX-License-Identifier: MIT
"""Forms of stacks, as docs/forms.md lists them: each row is run as it stands."""
