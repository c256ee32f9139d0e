"""How long this process could have run and was kept from it: what of a client's time was the machine's."""

from contextlib import suppress
from pathlib import Path


def waited_s(threads: Path = Path("/proc/self/task")) -> float:
    """Seconds that the threads of this process waited for a processor so far; 0.0 where the kernel does not count.

    It is the second number of Linux's schedstat, in nanoseconds (Documentation/scheduler/sched-stats).
    """
    counted = 0
    with suppress(OSError):
        for one in threads.iterdir():
            with suppress(OSError, ValueError, IndexError):
                counted += int((one / "schedstat").read_text().split()[1])
    return counted / 1e9
