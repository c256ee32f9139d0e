"""Start-up of the command line and of the pytest plugin. Not a test: run with `pytest tests/benchmarks`.

Aim, on an idle machine: `--version` in 100 ms, `list` in 400 ms, `run` of one scenario in 500 ms.
"""

import statistics
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROUNDS = 5


def duration_s(*words: str, cwd: Path | None = None) -> float:
    """Wall time of a Python process."""
    began_s = time.perf_counter()
    subprocess.run([sys.executable, *words], capture_output=True, check=False, cwd=cwd)
    return time.perf_counter() - began_s


@pytest.mark.parametrize(
    ("words", "aim_ms"),
    [
        (("--version",), 100),
        (("list",), 400),
        (("list", "connect/refused"), 400),
        (("run", "connect/refused[route=mx]"), 500),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_command(words: tuple[str, ...], aim_ms: int, capsys: pytest.CaptureFixture[str]) -> None:
    durations_ms = [1000 * duration_s("-m", "mailfault", *words) for _ in range(ROUNDS)]
    with capsys.disabled():
        print(f"\nmailfault {' '.join(words)}: {statistics.median(durations_ms):.0f} ms (aim {aim_ms} ms)")


def test_pytest_in_an_empty_project(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Collect nothing, with the plugin and without it, in turns."""
    collect = ("-m", "pytest", "--co", "-q", "-p", "no:cacheprovider")
    with_plugin_s, without_s = [], []
    for _ in range(2 * ROUNDS):
        with_plugin_s.append(duration_s(*collect, cwd=tmp_path))
        without_s.append(duration_s(*collect, "-p", "no:mailfault", cwd=tmp_path))
    ratio = statistics.median(with_plugin_s) / statistics.median(without_s)
    with capsys.disabled():
        print(
            f"\npytest --co -q: {1000 * statistics.median(with_plugin_s):.0f} ms with the plugin, {ratio:.2f} x without"
        )
