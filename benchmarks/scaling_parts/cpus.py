# SPDX-License-Identifier: MIT
"""Which CPUs there are for this process, and memory."""

from __future__ import annotations

import os
from pathlib import Path

from ndreg_preeval import build_config

CPUS = Path("/sys/devices/system/cpu")
PINS = hasattr(os, "sched_setaffinity")
"""Whether this system lets a process choose its CPUs."""
LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")


def siblings(cpu: int) -> str:
    """The CPUs that share a core with this one, in the system's words; itself where it does not tell."""
    try:
        return (CPUS / f"cpu{cpu}" / "topology" / "thread_siblings_list").read_text()
    except OSError:
        return str(cpu)


def usable_cpus() -> tuple[int, ...]:
    """Those that the package counts, one of each core first, so that few of them share cores."""
    number = int(build_config()["usable_cpus"])
    if not PINS:
        return tuple(range(number))
    seen: dict[str, int] = {}
    place = {}
    for cpu in sorted(os.sched_getaffinity(0)):
        core = siblings(cpu)
        place[cpu] = seen[core] = seen.get(core, -1) + 1
    return tuple(sorted(place, key=lambda cpu: (place[cpu], cpu))[:number])


def shared_cores(cpus: tuple[int, ...]) -> bool:
    """Whether some of these CPUs are of one core."""
    return PINS and len({siblings(cpu) for cpu in cpus}) < len(cpus)


def powers_up_to(number: int) -> tuple[int, ...]:
    """2, 4, 8 ... and the number itself; nothing for one."""
    return tuple(sorted({2**k for k in range(1, number.bit_length()) if 2**k < number} | {number} - {1}))


def spare_memory() -> int:
    """Bytes that this process may take, about; very many where the system does not tell."""
    found = [1 << 60]
    for name in LIMITS:
        try:
            found.append(int(Path(name).read_text()))
        except (OSError, ValueError):  # no such control group, or no limit
            continue
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
    except OSError:
        lines = []
    found += [1024 * int(line.split()[1]) for line in lines if line.startswith("MemAvailable:")]
    return min(found)
