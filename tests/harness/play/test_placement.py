"""Networks: loopback unless the plan or the client needs the sandbox, which is opened only then."""

import subprocess
import sys

import pytest

from mailfault.contract import Unsupported
from mailfault.events import RunStarted
from mailfault.play.options import RunOptions
from mailfault.play.placement import Networks, SandboxUse
from mailfault.play.run import run
from mailfault.scenario.loader import find_scenario
from mailfault.world.plan import plan_world
from mailfault_servers.network import HostNetwork
from tests.support.functions import client, right

PLAIN = find_scenario("control/plain[route=mx]")
PROHIBITED = find_scenario("connect/icmp-prohibited[route=mx]")


@pytest.fixture
def no_sandbox_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    def open_sandbox() -> None:
        raise AssertionError("nothing here needs a sandbox")

    monkeypatch.setattr("mailfault.sandbox.sandbox.shared_sandbox", open_sandbox)


@pytest.mark.usefixtures("no_sandbox_opened")
@pytest.mark.parametrize("use", [SandboxUse.AUTO, SandboxUse.NEVER])
def test_a_run_that_needs_no_link_opens_no_sandbox(use: SandboxUse) -> None:
    events = list(run([PLAIN], [client(right)], RunOptions(networks=Networks(use)), version="9.9"))
    assert isinstance(events[0], RunStarted)
    assert events[0].network == "loopback"
    assert events[-1].endings == {"passed": 1}  # type: ignore[union-attr]


@pytest.mark.usefixtures("no_sandbox_opened")
def test_a_client_of_this_process_is_checked_without_a_sandbox() -> None:
    Networks().check(client(right))


@pytest.mark.usefixtures("no_sandbox_opened")
def test_without_the_sandbox_a_scenario_that_needs_it_is_unsupported() -> None:
    networks = Networks(SandboxUse.NEVER)
    assert isinstance(networks.open_for(client(right), plan_world(PLAIN)), HostNetwork)
    with pytest.raises(Unsupported, match="loopback cannot have this fault: it needs the sandbox"):
        networks.open_for(client(right), plan_world(PROHIBITED))


def test_importing_the_runner_loads_no_server_library() -> None:
    heavy = ("aiosmtpd", "trustme", "cryptography", "dns", "dnslib", "requests", "toxiproxy", "aiohttp", "pyroute2")
    script = f"import sys, mailfault.play.run; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_world_loads_only_the_libraries_of_its_own_servers() -> None:
    heavy = (
        "requests",
        "toxiproxy",
        "aiohttp",
        "pyroute2",
        "mailfault.sandbox.sandbox",
        "mailfault_servers.wire.capture",
    )
    script = f"""
import sys
from mailfault.world.plan import plan_world
from mailfault.world.world import World
from mailfault.scenario.loader import find_scenario
with World(plan_world(find_scenario("control/plain[route=mx]"))):
    print([name for name in {heavy} if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
