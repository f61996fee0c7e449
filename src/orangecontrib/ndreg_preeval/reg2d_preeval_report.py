# SPDX-License-Identifier: MIT
"""The same widget with the numbers of the ranking as outputs."""

from __future__ import annotations

from ewoksorange.gui.owwidgets.meta import ow_build_opts

from ndreg_preeval.ewoks.reg2d_preeval import Reg2DPreEvaluationReport

from . import reg2d_preeval


class OWReg2DPreEvaluationReport(  # type: ignore[call-arg, unused-ignore]
    reg2d_preeval.OWReg2DPreEvaluation, **ow_build_opts, ewokstaskclass=Reg2DPreEvaluationReport
):
    """`OWReg2DPreEvaluation` with the outputs `scores`, `trust` and `report`."""

    name = "Pre-Registration Report (ndreg_preeval)"
    description = "Rank image stacks, and give the scores and all numbers as outputs"
