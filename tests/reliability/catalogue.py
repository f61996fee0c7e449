# SPDX-License-Identifier: MIT
"""All cases, section by section."""

from __future__ import annotations

# Imported for the cases they add to the sections.
from . import (  # noqa: F401
    cases_behave_environment,
    cases_behave_faults,
    cases_behave_manners,
    cases_behave_threads,
    cases_h5_contents,
    cases_h5_damage,
    cases_h5_world,
    cases_uri_names,
)
from .cases_arrays import arrays
from .cases_behave_threads import behave
from .cases_dtypes import dtypes
from .cases_h5_layouts import h5
from .cases_names import names
from .cases_selftest import selftest
from .cases_shapes import shapes
from .cases_uri import uri
from .cases_values import values
from .table import Case

SECTIONS = {section.name: section for section in (shapes, values, dtypes, arrays, names, uri, h5, behave)}
CASES: dict[str, Case] = {case.id: case for section in SECTIONS.values() for case in section.cases.values()}


def find(case_id: str) -> Case:
    """The case of this id, of a section or of the runner's own."""
    section, _, name = case_id.partition(".")
    return selftest.cases[name] if section == selftest.name else CASES[case_id]
