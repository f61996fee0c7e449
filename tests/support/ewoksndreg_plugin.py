# SPDX-License-Identifier: MIT
"""Pytest plugin (``-p tests.support.ewoksndreg_plugin``): the tests of ewoksndreg with our task in place of its own."""

from __future__ import annotations

import ewoksndreg.tasks.reg2d_preeval

from ndreg_preeval.ewoks.reg2d_preeval import Reg2DPreEvaluation

ewoksndreg.tasks.reg2d_preeval.Reg2DPreEvaluation = Reg2DPreEvaluation
