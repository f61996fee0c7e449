# SPDX-License-Identifier: MIT
"""Figures of the benchmark of ranking quality, on outcomes whose figures are known."""

from __future__ import annotations

import numpy as np
import pytest

from quality_parts import findings
from quality_parts.chances import Chances, at_least, interval
from quality_parts.judged import Judged
from quality_parts.outcomes import AFTER, BEFORE, REAL, SYNTHETIC, Outcome

from .made_up.quality import metrics


class Quality:
    metrics = metrics


def case(
    family: str,
    errors: dict[str, list[float]],
    trusts: dict[str, float],
    probability: float = 0.5,
    before: dict[str, float] | None = None,
    evidence: list[bool] | None = None,
) -> Outcome:
    """Errors of the images of each stack, and its trust, now and before."""
    n = len(next(iter(errors.values())))
    judged = {
        version: {
            name: Judged(trust, trust, [probability] * n, [[0.0, 0.0]] * n, evidence or [True] * n)
            for name, trust in some.items()
        }
        for version, some in ((BEFORE, before), (AFTER, trusts))
        if some is not None
    }
    return Outcome(
        family,
        n + 1,
        np.zeros((n, 2)),
        {name: np.array([(error, 0.0) for error in some]) for name, some in errors.items()},
        {name: max(some) <= 1 for name, some in errors.items()},
        judged,
        {
            version: metrics.case_row({name: each.score for name, each in some.items()}, errors_of(errors))
            for version, some in judged.items()
        },
    )


def errors_of(errors: dict[str, list[float]]) -> dict[str, np.ndarray]:
    return {name: np.array(some) for name, some in errors.items()}


def cells(real: list[Outcome], synthetic: list[Outcome] = (), version: str = AFTER) -> dict[str, str]:
    parts = {REAL: real, SYNTHETIC: list(synthetic)}
    return {each.text: each.cell(Quality, parts, version) for each in findings.FINDINGS}


def test_calibration_error_is_the_mean_distance_in_bins() -> None:
    chances = Chances([([0.95, 0.95, 0.05], [True, True, False]), ([0.95, 1.0], [False, True])])
    # Above 0.9: mean 0.9625, three of four; below 0.1: mean 0.05, none.
    assert chances.error() == pytest.approx((4 * 0.2125 + 0.05) / 5)
    assert list(chances.curve()) == [(pytest.approx(0.05), 0.0, 1), (pytest.approx(0.9625), 0.75, 4)]
    low, high = chances.interval()
    assert low < chances.error() <= high


def test_true_probabilities_have_a_small_error_with_an_honest_interval() -> None:
    rng = np.random.default_rng(0)
    made = [rng.random(20) for _ in range(300)]
    true = Chances([(p, rng.random(20) < p) for p in made])
    assert true.error() < 0.03
    assert true.interval()[1] < 0.05
    squared = Chances([(p, rng.random(20) < p**2) for p in made])
    assert squared.interval()[0] > 0.1


def test_intervals_know_that_cases_fail_together() -> None:
    def mean(sums: np.ndarray) -> np.ndarray:
        return sums[..., 0] / sums[..., 1]

    apart = np.array([[n % 2, 1] for n in range(400)], float)
    together = np.array([[100 * (n % 2), 100] for n in range(4)], float)
    widths = [np.ptp(interval(some, mean)) for some in (apart, together)]
    assert widths[0] < 0.12
    assert widths[1] > 0.5


def test_few_stacks_are_no_worst_kind() -> None:
    assert at_least(0, 0) == at_least(0, 50) == 0
    assert at_least(1, 2) < at_least(20, 50) < 20 / 50
    assert at_least(2000, 5000) == pytest.approx(0.4, abs=0.02)


def test_trust_is_compared_with_the_same_stack() -> None:
    """Rankings have another order than cases."""
    errors = {"bad": [5.0, 5.0], "good": [0.0, 0.0]}
    found = cells([case("clean", errors, {"good": 1.0, "bad": 0.0})])
    assert found["calibration error of trust, real"].startswith("0.000 ")
    found = cells([case("clean", errors, {"good": 0.0, "bad": 1.0})])
    assert found["calibration error of trust, real"].startswith("1.000 ")


def test_broken_promises_are_counted_by_kind() -> None:
    real = [
        *[case("aperture", {"a": [9.0], "b": [0.0]}, {"a": 0.95, "b": 0.95}) for _ in range(10)],
        *[case("clean", {"a": [0.0], "b": [9.0]}, {"a": 0.99, "b": 0.85}) for _ in range(5)],
        case("background", {"a": [0.1], "b": [1.2]}, {"a": 0.99, "b": 0.1}),
        case("blank_static", {"a": [3.0], "b": [1.2]}, {"a": 0.99, "b": 0.1}),
    ]
    found = cells(real)
    assert found["wrong among trust > 0.9, real"] == "38.5 % (10 of 26); worst: aperture 10 of 20"
    assert found["apertures, frames, beam stops, dust: wrong among trust > 0.9"] == "10 of 20"
    assert found["smooth background that stays: wrong among trust > 0.9"] == "0 of 1"
    assert (
        found["something stays and the stack fails: mean trust; share above 0.5"]
        == "0.873; 90.9 % (10 of 11)"
    )
    assert found["nothing but what stays, the same"] == "0.545; 50.0 % (1 of 2)"
    assert found["decisive cases where something stays: right choices"] == "0.091 [0.091, 0.091] of 11"


def test_nothing_is_promised_of_images_without_evidence() -> None:
    errors = {"a": [0.0, 9.0], "b": [9.0, 0.0]}
    found = cells([case("frame", errors, {"a": 0.95, "b": 0.95}, evidence=[True, False])])
    assert found["wrong among trust > 0.9, real"].startswith("50.0 % (1 of 2)")


def test_rest_counts_what_aligns_well() -> None:
    real = [
        case("rest", {"a": [0.1, 0.2], "b": [0.1, 0.9], "c": [9.0, 0.0]}, {"a": 0.8, "b": 0.1, "c": 0.1}),
        case("rest_noise", {"a": [0.0], "b": [0.3]}, {"a": 0.94, "b": 0.4}),
        case("rest_static", {"a": [0.0]}, {"a": 0.0}),
    ]
    found = cells(real)["at rest, within 0.3 px: median trust; share below 0.5"]
    assert found == "0.80; 33.3 % (1 of 3)"


def test_two_images_and_lengths() -> None:
    real = [
        case("clean", {"a": [0.0]}, {"a": 0.75}, probability=0.5),
        case("clean", {"a": [0.0] * 4}, {"a": 0.25}),
        case("clean", {"a": [0.0] * 100}, {"a": 0.05}),
    ]
    found = cells(real)
    assert found["trust less P, stacks of two images"] == "0.250 at most, 0.250 on average"
    by_length = found["the same of trust by number of images, real"]
    assert by_length == "2: 0.250, 3 to 5: 0.750, 21 to 200: 0.950"


def test_late_lines_and_enlarged_maps() -> None:
    real = [
        case(
            "scan_lines", {"a": [1.0, 0.0], "b": [0.9, 0.0], "c": [2.0, 0.0]}, {"a": 0.9, "b": 0.9, "c": 0.2}
        ),
        case(
            "enlarged",
            {"a": [0.0], "b": [0.0], "c": [0.0], "d": [7.0]},
            {"a": 0.6, "b": 0.2, "c": 0.9, "d": 0.9},
            before={"a": 0.1, "b": 0.1, "c": 0.8, "d": 0.1},
        ),
    ]
    found = cells(real)
    assert found["scan lines, an error >= 0.95 px: share with trust > 0.5"] == "50.0 % (1 of 2)"
    assert found["enlarged maps, right and distrusted before: trusted now"] == "50.0 % (1 of 2)"
    before = cells(real[1:], version=BEFORE)
    assert before["enlarged maps, right and distrusted before: trusted now"] == "0.0 % (0 of 2)"


def test_parts_without_cases_leave_cells_empty() -> None:
    assert not any(cells([]).values())
    found = cells([], [case("border", {"a": [0.0], "b": [3.0]}, {"a": 0.9, "b": 0.1})])
    assert found["right choices, synthetic"] == "1.000 [1.000, 1.000] of 1"
    assert not any(cell for text, cell in found.items() if text.endswith("real"))


def test_versions_and_groups_stand_side_by_side() -> None:
    both = [case("clean", {"a": [0.0], "b": [9.0]}, {"a": 1.0, "b": 0.0}, before={"a": 0.0, "b": 1.0})]
    groups = {"chosen on": {REAL: both, SYNTHETIC: []}, "fresh": {REAL: both, SYNTHETIC: []}}
    head, _, first, *rest = findings.findings_table(Quality, groups)
    assert head == "| finding | before, chosen on | after, chosen on | before, fresh | after, fresh | goal |"
    assert [cell.split()[0] for cell in first.split("|")[2:6]] == ["1.000", "0.000", "1.000", "0.000"]
    assert all(row.count("|") == head.count("|") for row in rest)
    assert not any("synthetic" in row for row in rest)
