"""Durations, measured side by side. Not a test: run with `pytest tests/benchmarks`.

Promised: one world with DNS, SMTP and TLS up and down in 5 ms; the whole catalogue in 400 MB.
"""

import re
import resource
import socket
import subprocess
import sys
import time
from typing import Any

import pytest

from mailfault.clients import open_client
from mailfault.play.options import RunOptions
from mailfault.play.run import run
from mailfault.scenario.loader import find_scenario, load_shipped
from mailfault.world.plan import plan_world
from mailfault.world.world import World
from mailfault_servers.tls.authority import shared_authority


@pytest.mark.benchmark(group="world")
def test_a_world_up_and_down(benchmark: Any) -> None:
    scenario = find_scenario("control/verified-tls[route=smart-host,tls=verified]")
    shared_authority()

    def up_and_down() -> None:
        with World(plan_world(scenario)):
            pass

    benchmark(up_and_down)


@pytest.mark.benchmark(group="world")
def test_for_comparison_a_bare_listening_socket(benchmark: Any) -> None:
    def up_and_down() -> None:
        with socket.create_server(("127.0.0.1", 0)):
            pass

    benchmark(up_and_down)


@pytest.mark.benchmark(group="run")
def test_all_scenarios_against_the_reference_client(benchmark: Any) -> None:
    scenarios = load_shipped()
    client = open_client("reference")

    def all_of_them() -> int:
        events = list(run(scenarios, [client], RunOptions(), version="benchmark"))
        return events[-1].exit_status  # type: ignore[union-attr]

    assert benchmark.pedantic(all_of_them, rounds=3, iterations=1) == 0
    client.close()


@pytest.mark.benchmark(group="run")
def test_the_whole_catalogue_in_a_process_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    """Wall time and peak memory of `mailfault run`, beside that of a tenth of it."""
    numbers = []
    for words in ((), ("--shard", "1/10")):
        began = time.perf_counter()
        done = subprocess.run([sys.executable, "-m", "mailfault", "run", *words], capture_output=True, check=True)
        took_s = time.perf_counter() - began
        peak_mb = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        (passed,) = re.findall(rb"^(\d+) passed", done.stdout, re.MULTILINE)
        numbers.append((int(passed), took_s, peak_mb))
    (every, whole_s, peak_mb), (some, part_s, _) = numbers
    with capsys.disabled():
        print(f"\n{every} scenarios in {whole_s:.1f} s ({every / whole_s:.0f}/s), peak {peak_mb:.0f} MB", end="; ")
        rates = every / whole_s / (some / part_s)
        print(f"{some} in {part_s:.1f} s ({some / part_s:.0f}/s): ratio of the rates {rates:.2f}")
    assert peak_mb < 400
