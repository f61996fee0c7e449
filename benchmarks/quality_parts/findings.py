# SPDX-License-Identifier: MIT
"""What is wanted of the probabilities and of the choice, and what they do: one row for each such question."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .chances import Chances, at_least
from .judged import Judged
from .outcomes import AFTER, BEFORE, REAL, SYNTHETIC, Outcome
from .static_kinds import STATIC

Outcomes = Sequence[Outcome]
Parts = Mapping[str, Outcomes]
"""Cases of each part, of which there may be none."""

TRUSTED = 0.9
"""A trust above it is a promise."""
ALIGNED = 0.3
"""Pixels: at rest, stacks that align so well have no excuse for a low trust."""
LATE = 0.95
"""Pixels: the error of lines that are late by one."""
SHADOWS = ("aperture", "soft_aperture", "frame", "beam_stop", "dust")
STAYS = {REAL: (*STATIC, "rest_static"), SYNTHETIC: ("static_pattern", "border")}
NOTHING = "blank_static"
"""A pattern that stays and nothing else: a sample at rest looks like that, so that nothing is promised of it."""
WORST = 3
"""So many of the worst kinds are named."""
REST = ("rest", "rest_brightness", "rest_bleaching", "rest_noise", "rest_jitter")
LENGTHS = ((2, 2), (3, 5), (6, 20), (21, 200))
"""Images of a stack, from and to."""


class Stack(NamedTuple):
    """A stack of a case."""

    case: Outcome
    name: str
    judged: Judged

    @property
    def aligns(self) -> bool:
        """Whether all its images do."""
        return self.case.aligns[self.name]

    def errors(self) -> NDArray[np.float64]:
        """Pixels, of each compared image."""
        return self.case.errors(self.name)


def stacks(cases: Iterable[Outcome], version: str, kinds: Iterable[str] | None = None) -> Iterator[Stack]:
    """All stacks of some cases, or those of some kinds."""
    for case in cases:
        if kinds is None or case.family in kinds:
            for name, judged in case.judged[version].items():
                yield Stack(case, name, judged)


def trust_chances(cases: Outcomes, version: str) -> Chances:
    """Trust, and whether every image of the stack aligns."""
    return Chances(
        # By name: rankings have their own order.
        (
            [each.trust for each in case.judged[version].values()],
            [case.aligns[name] for name in case.judged[version]],
        )
        for case in cases
    )


def image_chances(cases: Outcomes, version: str) -> Chances:
    """P, and whether the image aligns."""
    return Chances(
        (
            [p for each in case.judged[version].values() for p in each.probability],
            [error <= 1 for name in case.judged[version] for error in case.errors(name)],
        )
        for case in cases
    )


def _calibration(make: Callable[[Outcomes, str], Chances], part: str) -> Callable[..., str]:
    def cell(quality: Any, parts: Parts, version: str) -> str:
        del quality
        if not parts[part]:
            return ""
        chances = make(parts[part], version)
        return f"{chances.error():.3f} {_range(chances.interval())}"

    return cell


def _range(bounds: tuple[float, float] | Sequence[float], digits: int = 3) -> str:
    return f"[{bounds[0]:.{digits}f}, {bounds[1]:.{digits}f}]"


def _by_length(quality: Any, parts: Parts, version: str) -> str:
    del quality
    said = []
    for low, high in LENGTHS:
        some = [case for case in parts[REAL] if low <= case.n_images <= high]
        if some:
            error = trust_chances(some, version).error()
            said.append(f"{low if low == high else f'{low} to {high}'}: {error:.3f}")
    return ", ".join(said)


def _two_images(quality: Any, parts: Parts, version: str) -> str:
    del quality
    apart = [
        abs(each.judged.trust - each.judged.probability[0])
        for part in parts.values()
        for each in stacks(part, version)
        if each.case.n_images == 2
    ]
    return f"{max(apart):.3f} at most, {np.mean(apart):.3f} on average" if apart else ""


def trusted_and_wrong(cases: Iterable[Stack]) -> tuple[int, int]:
    """How many of those with a promise break it, and how many have one; images without evidence are not promised."""
    promised = [each for each in cases if each.judged.trust > TRUSTED]
    broken = sum((each.errors()[each.judged.evidence] > 1).any() for each in promised)
    return int(broken), len(promised)


def _broken_promises(part: str) -> Callable[..., str]:
    def cell(quality: Any, parts: Parts, version: str) -> str:
        del quality
        counts = {
            kind: trusted_and_wrong(stacks(parts[part], version, [kind]))
            for kind in dict.fromkeys(case.family for case in parts[part])
            if kind != NOTHING
        }
        if not counts:
            return ""
        wrong, number = np.sum(list(counts.values()), axis=0)
        bad = [kind for kind in counts if counts[kind][0]]
        worst = sorted(bad, key=lambda kind: -at_least(*counts[kind]))[:WORST]
        named = ", ".join(f"{kind} {counts[kind][0]} of {counts[kind][1]}" for kind in worst)
        return f"{share(wrong, number)}; worst: {named or 'none'}"

    return cell


def share(hits: int, number: int) -> str:
    """In per cent, and of how many."""
    return f"{100 * hits / number:.1f} % ({hits} of {number})" if number else "none"


def _broken_in(*kinds: str) -> Callable[..., str]:
    def cell(quality: Any, parts: Parts, version: str) -> str:
        del quality
        wrong, number = trusted_and_wrong(stacks(parts[REAL], version, kinds))
        return f"{wrong} of {number}" if parts[REAL] else ""

    return cell


def _rest(quality: Any, parts: Parts, version: str) -> str:
    del quality
    trusts = [
        each.judged.trust for each in stacks(parts[REAL], version, REST) if each.errors().max() <= ALIGNED
    ]
    return (
        f"{np.median(trusts):.2f}; {share(int(np.sum(np.array(trusts) < 0.5)), len(trusts))}"
        if trusts
        else ""
    )


def _hidden(*kinds: str) -> Callable[..., str]:
    def cell(quality: Any, parts: Parts, version: str) -> str:
        del quality
        trusts = [each.judged.trust for each in stacks(parts[REAL], version, kinds) if not each.aligns]
        above = int(np.sum(np.array(trusts) > 0.5))
        return f"{np.mean(trusts):.3f}; {share(above, len(trusts))}" if trusts else ""

    return cell


def _decisive(quality: Any, parts: Parts, version: str) -> str:
    rows = [
        case.rows[version] for part, kinds in STAYS.items() for case in parts[part] if case.family in kinds
    ]
    if not any(row["decisive"] for row in rows):
        return ""
    figures = quality.metrics.summary(rows)
    return (
        f"{figures['top1_decisive']:.3f} {_range(figures['ci95']['top1_decisive'])} of {figures['decisive']}"
    )


def _late_lines(quality: Any, parts: Parts, version: str) -> str:
    del quality
    late = [
        each.judged.trust
        for each in stacks(parts[REAL], version, ["scan_lines"])
        if each.errors().max() >= LATE
    ]
    return share(int(np.sum(np.array(late) > 0.5)), len(late)) if late else ""


def _choice(part: str, figure: str) -> Callable[..., str]:
    def cell(quality: Any, parts: Parts, version: str) -> str:
        if not parts[part]:
            return ""
        figures = quality.metrics.summary([case.rows[version] for case in parts[part]])
        number = f" of {figures['solvable']}" if figure == "top1" else ""
        return f"{figures[figure]:.3f} {_range(figures['ci95'][figure])}{number}"

    return cell


def _enlarged(quality: Any, parts: Parts, version: str) -> str:
    """Of the right stacks that the other version distrusts; without one, of all right ones."""
    del quality
    right = [
        each
        for each in stacks(parts[REAL], version, ["enlarged"])
        if each.aligns and (BEFORE not in each.case.judged or each.case.judged[BEFORE][each.name].trust < 0.5)
    ]
    return share(sum(each.judged.trust >= 0.5 for each in right), len(right)) if right else ""


class Finding(NamedTuple):
    """A question, what is wanted, and the answer for a version; it takes the benchmark, the parts, the version."""

    text: str
    goal: str
    cell: Callable[..., str]


FINDINGS = (
    Finding("calibration error of trust, real", "<= 0.05", _calibration(trust_chances, REAL)),
    Finding("calibration error of trust, synthetic", "<= 0.03", _calibration(trust_chances, SYNTHETIC)),
    Finding("calibration error of P, real", "<= 0.03", _calibration(image_chances, REAL)),
    Finding("calibration error of P, synthetic", "<= 0.03", _calibration(image_chances, SYNTHETIC)),
    Finding("the same of trust by number of images, real", "right for 2 to 200", _by_length),
    Finding("trust less P, stacks of two images", "0", _two_images),
    Finding("wrong among trust > 0.9, real", "<= 1 % in every kind", _broken_promises(REAL)),
    Finding("wrong among trust > 0.9, synthetic", "<= 1 % in every kind", _broken_promises(SYNTHETIC)),
    Finding("apertures, frames, beam stops, dust: wrong among trust > 0.9", "0", _broken_in(*SHADOWS)),
    Finding("smooth background that stays: wrong among trust > 0.9", "0", _broken_in("background")),
    Finding(f"at rest, within {ALIGNED} px: median trust; share below 0.5", ">= 0.9; <= 5 %", _rest),
    Finding(
        "something stays and the stack fails: mean trust; share above 0.5",
        "no more than before",
        _hidden(*STATIC),
    ),
    Finding("nothing but what stays, the same", "no more than before", _hidden(NOTHING)),
    Finding("decisive cases where something stays: right choices", ">= 0.98", _decisive),
    Finding(f"scan lines, an error >= {LATE} px: share with trust > 0.5", "0", _late_lines),
    Finding("right choices, synthetic", ">= 0.98", _choice(SYNTHETIC, "top1")),
    Finding("AUC, synthetic", ">= 0.975", _choice(SYNTHETIC, "auc")),
    Finding("regret, synthetic, px", "<= 0.04", _choice(SYNTHETIC, "regret")),
    Finding("right choices, real", "", _choice(REAL, "top1")),
    Finding("AUC, real", "", _choice(REAL, "auc")),
    Finding("regret, real, px", "", _choice(REAL, "regret")),
    Finding("enlarged maps, right and distrusted before: trusted now", ">= 50 %", _enlarged),
)


def findings_table(quality: Any, groups: Mapping[str, Parts]) -> list[str]:
    """All of them, for versions and groups of seeds side by side; every case by the same versions."""
    columns = [(title, version) for title, parts in groups.items() for version in versions(parts)]
    lines = header(["finding", *(f"{version}, {title}" for title, version in columns), "goal"])
    for finding in FINDINGS:
        cells = [finding.cell(quality, groups[title], version) for title, version in columns]
        if any(cells):
            lines.append("| " + " | ".join([finding.text, *cells, finding.goal]) + " |")
    return lines


def versions(parts: Parts) -> list[str]:
    """Which there are, the older one first."""
    known = {version for part in parts.values() for case in part for version in case.judged}
    return [version for version in (BEFORE, AFTER) if version in known]


def header(titles: Sequence[str]) -> list[str]:
    """First two lines of a table."""
    return ["| " + " | ".join(titles) + " |", "|---" * len(titles) + "|"]
