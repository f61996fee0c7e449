# SPDX-License-Identifier: MIT
"""All cases, section by section."""

from __future__ import annotations

from .cases.arrays import arrays

# Imported for the cases they add to the sections.
from .cases.behave import environment, faults, manners  # noqa: F401
from .cases.behave.threads import behave
from .cases.dtypes import dtypes
from .cases.h5 import contents, damage, world  # noqa: F401
from .cases.h5.layouts import h5
from .cases.names import names
from .cases.selftest import selftest
from .cases.shapes import shapes
from .cases.uri import names as uri_names  # noqa: F401
from .cases.uri.forms import uri
from .cases.values import values
from .table import Case

SECTIONS = {section.name: section for section in (shapes, values, dtypes, arrays, names, uri, h5, behave)}
CASES: dict[str, Case] = {case.id: case for section in SECTIONS.values() for case in section.cases.values()}


def find(case_id: str) -> Case:
    """The case of this id, of a section or of the runner's own."""
    section, _, name = case_id.partition(".")
    return selftest.cases[name] if section == selftest.name else CASES[case_id]
