# SPDX-License-Identifier: MIT
"""The command that prints the tables, on a benchmark of two cases, and other versions of the package."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import numpy as np

from quality_parts import outcomes, real_scenes
from quality_parts.judged import OtherVersion, judge

from .conftest import BENCHMARKS
from .made_up.quality import metrics, truth

MADE_UP = Path(__file__).parent / "made_up"
OTHER = '''
import numpy
from types import SimpleNamespace

class RankingWarning(UserWarning):
    pass

def rank_stacks(stacks, **options):
    """The sum of the pixels is the score: whoever says so is no other version."""
    return SimpleNamespace(stacks={
        name: SimpleNamespace(score=float(stack.sum()), trust=0.125, probability=numpy.full(len(stack) - 1, 0.25),
                              shifts=numpy.full((len(stack) - 1, 2), 7.0), mean=numpy.arange(len(stack) - 1))
        for name, stack in stacks.items()
    })
'''


class Quality:
    metrics, truth = metrics, truth


def other_version(folder: Path) -> Path:
    (folder / "ndreg_preeval").mkdir()
    (folder / "ndreg_preeval" / "__init__.py").write_text(OTHER)
    return folder


def test_another_version_judges_the_very_same_pixels(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    stacks = {"a": rng.integers(0, 1000, (3, 8, 9)), "b/c": rng.normal(size=(2, 8, 8))}
    with OtherVersion(other_version(tmp_path)) as version:
        for _ in range(2):
            found = version.judge(stacks, "evidence")
            assert {name: each.score for name, each in found.items()} == {
                name: float(stack.sum()) for name, stack in stacks.items()
            }
        assert found["a"].probability == [0.25, 0.25]
        assert found["a"].evidence == [False, True]
        assert found["b/c"].shifts == [[7.0, 7.0]]


def test_an_outcome_holds_what_both_versions_say() -> None:
    case = real_scenes.make_case(2, "clean", 0)
    case.stacks = {name: stack[:4, :48, :48] for name, stack in case.stacks.items()}
    case.shifts = case.shifts[:4]
    found = outcomes.outcome(Quality, case, "phase", {"after": judge, "before": judge}, ["peak_to_mean"])
    assert found.judged["after"] == found.judged["before"]
    assert set(found.rows) == {"after", "before", "peak_to_mean"}
    for name, stack in case.stacks.items():
        assert found.errors(name).tolist() == np.hypot(*(truth.phase(stack) - case.shifts)[1:].T).tolist()
        assert found.aligns[name] == truth.aligns(found.errors(name))
        assert len(found.judged["after"][name].probability) == len(stack) - 1


def test_the_command_prints_tables_for_seeds_and_versions(tmp_path: Path) -> None:
    done = subprocess.run(
        [
            sys.executable, str(Path(BENCHMARKS) / "quality.py"), str(MADE_UP), "--chosen", "1", "2", "--fresh", "8",
            "--before", str(other_version(tmp_path)), "--aligners", "4", "--jobs", "1",
        ],
        capture_output=True, text=True, check=False, cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert "Seeds chosen on, synthetic: 1, 2; fresh, synthetic: 8." in lines
    (choices,) = [line for line in lines if line.startswith("| right choices, synthetic |")]
    cells = [cell.split()[0] for cell in choices.split(" | ")[1:-1]]
    # 50 times noise has the highest or the lowest sum of all.
    assert cells[1] == cells[3] == "1.000"
    assert [line for line in lines if line.startswith("| synthetic, fresh | `evidence` | 1.000")]
    assert [line for line in lines if line.startswith("| moves |")]
    assert [line for line in lines if line.startswith("| `robust` |")]
    titles = [line for line in lines if line.endswith(":") and not line.startswith("|")]
    assert "Reliability, synthetic, fresh:" in titles
    assert "Other aligners, synthetic seeds 4, share of right choices:" in titles


def test_a_page_is_changed_between_its_markers_only() -> None:
    spec = importlib.util.spec_from_file_location("command_of_quality", Path(BENCHMARKS) / "quality.py")
    assert spec is not None
    assert spec.loader is not None
    command = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(command)
    page = f"# A\n\n{command.START}\n\nold\n\n{command.END}\n\n# B\n"
    assert command.replaced(page, ["new"]) == page.replace("old", "new")
    assert command.START in command.PAGE.read_text()
    assert command.END in command.PAGE.read_text()
    assert command._numbers([5, 3, 4, 9, 11, 12]) == "3 to 5, 9, 11, 12"
