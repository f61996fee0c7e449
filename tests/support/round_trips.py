# SPDX-License-Identifier: MIT
"""Rankings to JSON and back."""

from __future__ import annotations

import json
from dataclasses import fields

import numpy as np

from ndreg_preeval import Ranking


def assert_comes_back(ranking: Ranking) -> Ranking:
    """A ranking is equal to what comes back of its JSON, which is what the same JSON is made of; return it."""
    text = ranking.to_json()
    found = Ranking.from_json(text)
    assert found == ranking
    assert ranking == found
    assert found.provenance == ranking.provenance
    assert found.to_json() == text
    assert Ranking.from_dict(json.loads(ranking.to_json(indent=2))) == ranking
    for mine, its in zip(found.stack_scores, ranking.stack_scores, strict=True):
        for field in fields(its):
            value = getattr(its, field.name)
            if isinstance(value, np.ndarray):
                back = getattr(mine, field.name)
                assert (back.dtype, back.shape, back.flags.writeable) == (value.dtype, value.shape, False), (
                    field.name
                )
        assert mine.n_judged == its.n_judged
        assert mine.worst_image == its.worst_image
        assert mine.in_double.tolist() == its.in_double.tolist()
    return found
