"""The cost of the sandbox beside loopback, in one run: `pytest -s tests/benchmarks/test_sandbox.py`.

Promised: a network for one world in 10 ms, and 100 of them at once.
"""

import contextlib
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from mailfault.clients import open_client
from mailfault.play.options import RunOptions
from mailfault.play.placement import Networks, SandboxUse
from mailfault.play.run import run
from mailfault.sandbox.sandbox import Sandbox
from mailfault.scenario.loader import find_scenario, load_shipped
from mailfault.world.plan import plan_world
from mailfault.world.world import World
from mailfault_servers.tls.authority import shared_authority

ROUNDS = 200
AT_ONCE = 100


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    made = Sandbox()
    yield made
    made.close()


def median_ms(act: Callable[[], None]) -> float:
    taken = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        act()
        taken.append(1000 * (time.perf_counter() - began))
    return statistics.median(taken)


def test_a_network_for_one_world(sandbox: Sandbox, capsys: pytest.CaptureFixture[str]) -> None:
    scenario = find_scenario("control/verified-tls[route=smart-host,tls=verified]")
    shared_authority()

    def network() -> None:
        sandbox.open_world().close()

    def bare() -> None:
        subprocess.run(["unshare", "--net", "--mount", "true"], check=True)

    def on_loopback() -> None:
        with World(plan_world(scenario)):
            pass

    def inside() -> None:
        with contextlib.closing(sandbox.open_world()) as network, World(plan_world(scenario), network=network):
            pass

    took = {act.__name__: median_ms(act) for act in (network, bare, on_loopback, inside)}
    with capsys.disabled():
        print(f"\n  medians of {ROUNDS}:", ", ".join(f"{name} {ms:.1f} ms" for name, ms in took.items()))
        print(
            f"  a network / unshare(1) of two namespaces: {took['network'] / took['bare']:.2f}; "
            f"a world inside / on loopback: {took['inside'] / took['on_loopback']:.2f}"
        )
    assert took["network"] <= 10


def test_a_hundred_at_once(sandbox: Sandbox, capsys: pytest.CaptureFixture[str]) -> None:
    began = time.perf_counter()
    with contextlib.ExitStack() as open_worlds:
        with ThreadPoolExecutor(16) as threads:
            worlds = list(threads.map(lambda _: sandbox.open_world(), range(AT_ONCE)))
        for world in worlds:
            open_worlds.callback(world.close)
        up_s = time.perf_counter() - began
        for world in worlds:  # each has the same addresses, and they do not meet
            (listening,) = world.smtp_sockets((world.address("ipv4", 10),))
            open_worlds.callback(listening.close)
            listening.listen()
    with capsys.disabled():
        print(f"\n  {AT_ONCE} at once: up in {up_s:.2f} s, up and down in {time.perf_counter() - began:.2f} s")


def test_the_catalogue_inside(capsys: pytest.CaptureFixture[str]) -> None:
    """All that needs no sandbox, with the reference client, on loopback and inside."""
    scenarios = load_shipped()
    took = {}
    for way in (SandboxUse.NEVER, SandboxUse.ALWAYS):
        client = open_client("reference")
        began = time.perf_counter()
        events = list(run(scenarios, [client], RunOptions(networks=Networks(way)), version="benchmark"))
        took[way] = time.perf_counter() - began
        client.close()
        assert events[-1].exit_status == 0  # type: ignore[union-attr]
    never, always = took[SandboxUse.NEVER], took[SandboxUse.ALWAYS]
    with capsys.disabled():
        print(f"\n  loopback {never:.1f} s, inside {always:.1f} s: {always / never:.2f}")
