# SPDX-License-Identifier: MIT
"""In one process with other packages' threads: the same bits, and no hang.

`nox -s runtimes` installs the packages and runs this; elsewhere those that are there are tried.
What the packages cost is printed by `python -m tests.support.other_runtimes`.
"""

from __future__ import annotations

import os
import sys

import numpy as np
import pytest

from ndreg_preeval import _core
from tests.support.other_runtimes import ORDERS, OURS, USES, missing, module_of, prelude, run

pytestmark = [
    pytest.mark.runtimes,
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="affinity and fork are as Linux has them"),
]


def package(name: str) -> object:
    reason = f"{module_of(name)} is not installed (large: nox -s runtimes)"
    return pytest.param(name, marks=pytest.mark.skipif(missing(name), reason=reason))


each = pytest.mark.parametrize("name", [package(name) for name in USES])
both_orders = pytest.mark.parametrize("order", ORDERS)


def expected() -> str:
    images = np.random.default_rng(0).normal(size=(8, 48, 40))
    records = _core.Scorer(images[0]).score(images, num_threads=1)
    return b"".join(records[name].tobytes() for name in records.dtype.names).hex()


@each
@both_orders
def test_in_turn(name: str, order: str) -> None:
    """Theirs is right, too: what it gives before ours was ever called."""
    code = """
before = theirs()
print(*{ours(), ours(1), ours(3)})
assert np.isclose(theirs(), before, rtol=1e-9), (theirs(), before)
print(ours())
"""
    assert run(prelude(name, order) + code) == [expected()] * 2


@each
@pytest.mark.parametrize("environment", [{"OMP_PROC_BIND": "true"}, {"OMP_PLACES": "threads"}], ids=str)
def test_bound(name: str, environment: dict[str, str]) -> None:
    """Imported first, this package sees all CPUs whatever the other one does."""
    code = "theirs()\nprint(_core.usable_cpus(), ours())"
    cpus, got = run(prelude(name, "ours first") + code, **environment)
    assert int(cpus) == _core.usable_cpus()
    assert got == expected()


@each
@both_orders
def test_at_once(name: str, order: str) -> None:
    """Many threads of Python in ours while one is in theirs."""
    code = """
from concurrent.futures import ThreadPoolExecutor
wanted = theirs()
with ThreadPoolExecutor(9) as pool:
    other = pool.submit(lambda: [theirs() for _ in range(5)])
    print(*set(pool.map(lambda n: ours(1 + n % 4), range(80))))
    assert np.allclose(other.result(), wanted, rtol=1e-9)
"""
    assert run(prelude(name, order) + code) == [expected()]


FORKED = """
theirs()
{before}
child = os.fork()
if child == 0:
    signal.alarm(120)
    {late}
    print(*{{ours(), ours(2), ours(1)}}, flush=True)
    os._exit(0)
_, status = os.waitpid(child, 0)
assert status == 0, f"the fork ended with status {{status}} (14: it hung)"
theirs()
{late_in_parent}
print(ours())
"""


@each
@both_orders
def test_fork_after_both_were_used(name: str, order: str) -> None:
    code = FORKED.format(before="ours()", late="", late_in_parent="")
    assert run(prelude(name, order) + code) == [expected()] * 2


@each
def test_import_in_a_fork_after_theirs_was_used(name: str) -> None:
    """As workers of a data loader do."""
    code = FORKED.format(before="", late=OURS.replace("\n", "\n    "), late_in_parent=OURS)
    assert run(f"import os, signal\nimport numpy as np\n{USES[name]}{code}") == [expected()] * 2


LOADER = """
import torch
class Stacks(torch.utils.data.Dataset):
    def __len__(self):
        return 6
    def __getitem__(self, index):
        {inside}
        return ours(1 + index % 3)
theirs()
{before}
loader = torch.utils.data.DataLoader(
    Stacks(), batch_size=2, num_workers=2, timeout=300, multiprocessing_context="fork"
)
print(*{{got for batch in loader for got in batch}})
"""


@pytest.mark.skipif(missing("torch"), reason="torch is not installed (large: nox -s runtimes)")
@pytest.mark.parametrize("early", [False, True], ids=["imported by workers", "imported before"])
def test_workers_of_a_data_loader(early: bool) -> None:
    inside = "pass" if early else OURS.replace("\n", "\n        ")
    start = f"import numpy as np\n{USES['torch']}{OURS * early}"
    assert run(start + LOADER.format(inside=inside, before="ours()" * early)) == [expected()]


INSTALLED = [name for name in USES if not missing(name) and name != "numba_workqueue"]


@pytest.mark.skipif(len(INSTALLED) < 2, reason="fewer than two of the packages are installed")
@pytest.mark.parametrize("place", range(len(INSTALLED) + 1))
def test_all_together(place: int) -> None:
    """All that are installed, and this package imported at each place among them."""
    parts = [USES[name] + f"their_{name} = theirs\n" for name in INSTALLED]
    parts.insert(place, OURS)
    calls = "\n".join(f"their_{name}()\nprint(ours())" for name in INSTALLED)
    got = run("import numpy as np\n" + "".join(parts) + calls)
    assert got == [expected()] * len(INSTALLED)


@pytest.mark.skipif(len(INSTALLED) < 2, reason="fewer than two of the packages are installed")
def test_all_together_on_one_cpu() -> None:
    cpu = min(os.sched_getaffinity(0))
    parts = [f"import os\nos.sched_setaffinity(0, {{{cpu}}})\nimport numpy as np\n", OURS]
    parts += [USES[name] + "theirs()\n" for name in INSTALLED]
    bound = run("".join(parts) + "print(_core.default_threads(), ours())", OMP_PROC_BIND="true")
    assert bound == ["1", expected()]
