"""How long things take, measured side by side. Not a test: run with `pytest tests/benchmarks`.

Two numbers are promised: all scenarios against the reference client in 10 s on 2 cores; one world with DNS, SMTP
and TLS up and down in 5 ms.
"""

import socket
from typing import Any

import pytest

from fake_servers.tls.authority import shared_authority
from harness.clients import open_client
from harness.run import RunOptions, run
from harness.scenario.loader import find_scenario, load_shipped
from harness.world import World


@pytest.mark.benchmark(group="world")
def test_a_world_up_and_down(benchmark: Any) -> None:
    scenario = find_scenario("control/verified-tls[route=smart-host,tls=verified]")
    shared_authority()

    def up_and_down() -> None:
        with World(scenario):
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
