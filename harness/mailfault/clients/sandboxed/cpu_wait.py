"""CPU wait of this process: the time it was ready to run and had no processor (Linux's schedstat)."""

from contextlib import suppress
from pathlib import Path


def cpu_wait_s(threads: Path = Path("/proc/self/task")) -> float:
    """Return the seconds that the threads of this process have waited for a processor; 0.0 if the kernel counts none.

    It is the second number of Linux's schedstat, in nanoseconds (Documentation/scheduler/sched-stats).
    """
    waited_ns = 0
    with suppress(OSError):
        for thread in threads.iterdir():
            with suppress(OSError, ValueError, IndexError):
                waited_ns += int((thread / "schedstat").read_text().split()[1])
    return waited_ns / 1e9
