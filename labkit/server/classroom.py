"""What a server allows its visitors, from how many are expected and from the machine that it runs on."""

import secrets
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

import psutil

KERNEL_MIB = 130
"""What a kernel needs beside the largest network, measured with tests/benchmarks/load.py."""
SHARE = 0.8
"""Of the memory that is free, what the kernels may need in all."""
LEAST_MIB, MOST_MIB = 128, 512
"""What one network of a visitor may need: the least draws every scene, more is slow."""
SECONDS = 20
"""What one computation of a visitor may take."""
NICE = 10
"""How far those of a class who drag give way to those who come."""


@dataclass(frozen=True)
class Room:
    """How many kernels there may be at a time (0: as many as come), MiB of one network, seconds of one computation
    (0: as long as it takes), and the niceness of a kernel that has shown its page.
    """

    kernels: int = 0
    network_mib: float = MOST_MIB
    seconds: float = SECONDS
    nice: int = 0

    def words(self, students: int) -> str:
        """For the person who runs the server."""
        visitors = f"at most {self.kernels} visitors at a time" if self.kernels else "as many visitors as come"
        computation = f"of at most {self.seconds:g} s" if self.seconds else "of any length"
        return (
            f"a class of {students}: {visitors}, a network of at most {self.network_mib:g} MiB and a computation "
            f"{computation} for each"
        )


def room_for(students: int, free_mib: float) -> Room:
    """Room for a class: a place in ten more than students, since a teacher has two pages and a reload takes a moment.

    ValueError where the memory does not hold them, with the number that it holds.
    """
    kernels = _places(students)
    each = SHARE * free_mib / kernels
    if each < KERNEL_MIB:
        holds = next(n for n in range(students, -1, -1) if not n or _places(n) * KERNEL_MIB <= SHARE * free_mib)
        raise ValueError(
            f"a class of {students} needs {kernels * KERNEL_MIB / SHARE:.0f} MiB of free memory, and this machine has "
            f"{free_mib:.0f}: it holds {holds}"
        )
    # Not all draw the largest network at once: a third of what would do if they did.
    return Room(kernels, int(min(max(3 * (each - KERNEL_MIB), LEAST_MIB), MOST_MIB)), nice=NICE)


def _places(students: int) -> int:
    return students + max(2, students // 10)


def room_for_anybody(free_mib: float) -> Room:
    """Room for as many as the memory holds, where no class was named."""
    return Room(max(1, int(SHARE * free_mib / KERNEL_MIB)))


def free_mib() -> float:
    """Memory that is free on this machine, or in the container that it is."""
    free = psutil.virtual_memory().available
    try:
        most = int(Path("/sys/fs/cgroup/memory.max").read_text())
        used = int(Path("/sys/fs/cgroup/memory.current").read_text())
    except (OSError, ValueError):  # no container, or one without a limit
        return float(free) / 2**20
    return float(min(free, most - used)) / 2**20


def is_private(ip: str) -> bool:
    """Whether only this machine itself reaches the address."""
    try:
        return ip_address(ip).is_loopback
    except ValueError:
        return ip == "localhost"


def new_token() -> str:
    """A token that cannot be guessed and can be typed."""
    return secrets.token_hex(8)
