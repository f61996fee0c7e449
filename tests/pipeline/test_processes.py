# SPDX-License-Identifier: MIT
"""One process among others: bound threads, few CPUs, forks, and interpreters within interpreters.

Every case runs in an interpreter of its own, which is killed when it hangs.
"""

from __future__ import annotations

import multiprocessing
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from ndreg_preeval import _core, core

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="affinity and fork are as Linux has them")

OPENMP = _core.build_config()["threads"] == "openmp"
CPUS = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1
COMPILER = next(
    (name for name in (os.environ.get("CXX", ""), "c++", "g++", "clang++") if name and shutil.which(name)), ""
)

PRELUDE = """
import os, threading
cpus = os.sched_getaffinity(0)
import numpy as np
import ndreg_preeval
from ndreg_preeval import _core
assert os.sched_getaffinity(0) == cpus, "import has bound the thread"
images = np.random.default_rng(0).normal(size=(8, 48, 40))

def bits(threads=4):
    records = _core.Scorer(images[0]).score(images, num_threads=threads)
    return b"".join(records[name].tobytes() for name in records.dtype.names).hex()
"""


def expected() -> str:
    images = np.random.default_rng(0).normal(size=(8, 48, 40))
    records = _core.Scorer(images[0]).score(images, num_threads=1)
    return b"".join(records[name].tobytes() for name in records.dtype.names).hex()


def run(code: str, *prefix: str, **environment: str) -> list[str]:
    """What the code prints, in an interpreter of its own with no thread settings but these."""
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith(("OMP_", "GOMP_", "KMP_"))
    }
    done = subprocess.run(
        [*prefix, sys.executable, "-W", "ignore", "-c", code],
        env={**inherited, **environment},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


# --- Binding --------------------------------------------------------------------------------------
SPREAD = [
    {"OMP_PROC_BIND": "true"},
    {"OMP_PROC_BIND": "close"},
    {"OMP_PROC_BIND": "spread"},
    {"OMP_PLACES": "threads"},
    {"OMP_PROC_BIND": "spread", "OMP_PLACES": "cores"},
    {"OMP_PROC_BIND": "false", "OMP_PLACES": "threads"},
    {"GOMP_CPU_AFFINITY": f"0-{(os.cpu_count() or 1) - 1}"},
]


@pytest.mark.parametrize("environment", SPREAD, ids=str)
def test_binding_hides_no_cpu(environment: dict[str, str]) -> None:
    """Runtimes bind the thread that loads them to one CPU: no reason to use but that one."""
    code = """
print(_core.build_config()["affinity_cpus"], _core.usable_cpus(), bits())
assert os.sched_getaffinity(0) == cpus, "a call has bound its thread"
"""
    affinity, usable, got = run(PRELUDE + code, **environment)
    assert int(affinity) == CPUS
    assert int(usable) == _core.usable_cpus()
    assert got == expected()


@pytest.mark.skipif(not OPENMP, reason="this build has no OpenMP")
@pytest.mark.parametrize(
    "environment",
    [
        {"GOMP_CPU_AFFINITY": str(min(os.sched_getaffinity(0))) if OPENMP else ""},
        {"OMP_PROC_BIND": "master", "OMP_PLACES": "threads"},
    ],
    ids=str,
)
def test_all_threads_on_one_cpu(environment: dict[str, str]) -> None:
    """Then one thread does what many would, only in turns."""
    affinity, threads, got = run(
        PRELUDE + 'print(_core.build_config()["affinity_cpus"], _core.default_threads(), bits())',
        **environment,
    )
    assert (affinity, threads) == ("1", "1")
    assert got == expected()


@pytest.mark.parametrize("environment", [{}, *SPREAD[:2]], ids=str)
def test_python_threads_keep_their_cpus(environment: dict[str, str]) -> None:
    """Those of the caller, at once, and those that read files for us."""
    code = """
from concurrent.futures import ThreadPoolExecutor
from ndreg_preeval.pipeline.thread_pool import ThreadPool

def call(_):
    return bits(3), os.sched_getaffinity(0)

with ThreadPoolExecutor(8) as pool:
    answers = list(pool.map(call, range(32)))
assert all(there == cpus for _, there in answers)
assert len({got for got, _ in answers}) == 1

# As if somebody else's import had bound this thread before ours.
own = []
os.sched_setaffinity(0, {min(cpus)})
done = threading.Event()
def look():
    own.append(os.sched_getaffinity(0))
    done.set()
with ThreadPool(1, print) as pool:
    pool.submit([look], first=True)
    assert done.wait(60)
bound = "OMP_PROC_BIND" in os.environ and _core.build_config()["threads"] == "openmp"
assert own == [cpus if bound else {min(cpus)}], own
print(answers[0][0])
"""
    places = {"OMP_PLACES": "threads"} if environment else {}
    assert run(PRELUDE + code, **environment, **places) == [expected()]


@pytest.mark.skipif(shutil.which("taskset") is None, reason="taskset is missing")
@pytest.mark.parametrize("environment", [{}, {"OMP_PROC_BIND": "true"}], ids=str)
def test_one_core(environment: dict[str, str]) -> None:
    cpu = str(max(os.sched_getaffinity(0)))
    usable, threads, got = run(
        PRELUDE + "print(_core.usable_cpus(), _core.default_threads(), bits())",
        "taskset",
        "-c",
        cpu,
        **environment,
    )
    assert (usable, threads) == ("1", "1")
    assert got == expected()


# --- A control group with a quota -----------------------------------------------------------------
def group_files() -> tuple[Path, dict[str, str]]:
    """A folder for a control group of our own with 1.5 CPUs, and what is to be written into it."""
    lines = [line.split(":", 2) for line in Path("/proc/self/cgroup").read_text().splitlines()]
    for _, controllers, path in lines:
        if "cpu" in controllers.split(","):
            files = {"cpu.cfs_period_us": "100000", "cpu.cfs_quota_us": "150000"}
            return Path("/sys/fs/cgroup/cpu") / path.lstrip("/") / f"ndreg_preeval-{os.getpid()}", files
    path = next((path for number, _, path in lines if number == "0"), "/")
    folder = Path("/sys/fs/cgroup") / path.lstrip("/") / f"ndreg_preeval-{os.getpid()}"
    return folder, {"cpu.max": "150000 100000"}


@pytest.fixture
def group() -> Iterator[Path]:
    folder, files = group_files()
    made = False
    try:
        folder.mkdir()
        made = True
        for name, text in files.items():
            (folder / name).write_text(text)
    except OSError as error:
        if made:
            folder.rmdir()
        pytest.skip(f"no control group with a quota may be made here: {error}")
    yield folder
    folder.rmdir()


def test_quota(group: Path) -> None:
    """A share of 1.5 CPUs is two threads, where there are as many CPUs."""
    code = f"open({str(group / 'cgroup.procs')!r}, 'w').write(str(__import__('os').getpid()))\n{PRELUDE}"
    shown = 'print(_core.build_config()["cgroup_cpus"], _core.usable_cpus(), bits())'
    quota, usable, got = run(code + shown)
    assert int(quota) == 2
    assert int(usable) == min(2, CPUS)
    assert got == expected()


# --- Forks ----------------------------------------------------------------------------------------
OTHERS = """
#include <omp.h>
extern "C" int team() {
  int threads = 0;
#pragma omp parallel num_threads(4) reduction(+ : threads)
  threads += 1;
  return threads;
}
"""
LATE = """
import ctypes, os, signal, sys, time
assert ctypes.CDLL(sys.argv[1]).team() == 4
child = os.fork()
if child == 0:
    signal.alarm(60)
    {in_child}
    print(bits(), flush=True)
    os._exit(0)
_, status = os.waitpid(child, 0)
assert status == 0, f"the fork ended with status {{status}} (14: it hung)"
{in_parent}
print(bits())
"""


@pytest.mark.skipif(not COMPILER, reason="a C++ compiler is missing")
@pytest.mark.parametrize("early", [False, True], ids=["imported after", "imported before"])
def test_another_package_used_openmp_before_the_fork(early: bool, tmp_path: Path) -> None:
    """The runtime's threads are gone in the child, though this package never had any."""
    (tmp_path / "others.cpp").write_text(OTHERS)
    library = tmp_path / "libothers.so"
    made = subprocess.run(
        [COMPILER, "-shared", "-fPIC", "-fopenmp", str(tmp_path / "others.cpp"), "-o", str(library)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    if made.returncode != 0:
        pytest.skip(f"{COMPILER} has no OpenMP: {made.stderr[-300:]}")
    indented = PRELUDE.replace("\n", "\n    ")
    code = PRELUDE * early + LATE.format(in_child=indented, in_parent=PRELUDE)
    code = f"import sys\nsys.argv.append({str(library)!r})\n{code}"
    assert run(code) == [expected()] * 2


SCRIPT = """
import multiprocessing, sys
import numpy as np

images = np.random.default_rng(0).normal(size=(8, 48, 40))


def job(threads):
    from ndreg_preeval import _core

    records = _core.Scorer(images[0]).score(images, num_threads=threads)
    return b"".join(records[name].tobytes() for name in records.dtype.names).hex()


if __name__ == "__main__":
    mine = job(4)
    with multiprocessing.get_context(sys.argv[1]).Pool(2) as pool:
        theirs = pool.map(job, [1, 2, 3, 4] * 3)
    print(*{mine, *theirs, job(2)})
"""


@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
@pytest.mark.parametrize("environment", [{}, {"OMP_PROC_BIND": "true"}], ids=str)
def test_pools_of_processes(method: str, environment: dict[str, str], tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    done = subprocess.run(
        [sys.executable, "-W", "ignore", str(script), method],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [expected()]


# --- Interpreters within interpreters -------------------------------------------------------------
INNER = """
try:
    import interpreters
except ImportError:
    try:
        import _interpreters as interpreters
    except ImportError:
        import _xxsubinterpreters as interpreters

{before}
for _ in range(2):
    inner = interpreters.create()
    interpreters.run_string(inner, '''
try:
    import ndreg_preeval
except ImportError as error:
    print(str(error).replace(" ", "_"), flush=True)
''')
    interpreters.destroy(inner)
"""


@pytest.mark.parametrize("before", ["", PRELUDE], ids=["only there", "here, too"])
def test_import_in_a_subinterpreter(before: str) -> None:
    """Refused: neither pybind11's types nor numpy are for several interpreters."""
    refusal = "module_ndreg_preeval._core_does_not_support_loading_in_subinterpreters"
    code = INNER.format(before=before) + PRELUDE + "print(bits())"
    assert run(code) == [refusal, refusal, expected()]


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="from Python 3.12 on, Python itself refuses")
def test_a_python_without_subinterpreters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "_xxsubinterpreters", None)
    core.refuse_subinterpreters()
