"""Every client declares where it can run; a user's own object that declares nothing stays in this process."""

from datetime import UTC, datetime

import pytest

from mailfault.clients.adapters.reference import ReferenceAdapter
from mailfault.clients.client import Client
from mailfault.clients.errors import ClientError
from mailfault.clients.library.callable_client import CallableClient
from mailfault.clients.placement import Placement, placement_of
from mailfault.clients.process.command_client import CommandClient
from mailfault.clients.process.worker_client import WorkerClient
from mailfault.clients.registry import adapter_names, open_client
from mailfault.contract import Answer, Outcome, Target
from mailfault_servers.clock import ManualClock


def deliver(target: Target) -> Answer:
    return Answer(outcome=Outcome.DELIVERED)


@pytest.mark.parametrize(
    ("client", "where"),
    [
        (CallableClient(deliver, spec="mine"), Placement.IN_PROCESS),
        (ReferenceAdapter(clock=ManualClock(datetime(2026, 1, 1, tzinfo=UTC))), Placement.IN_PROCESS),
        (ReferenceAdapter(), Placement.REOPENABLE),
        (CommandClient("true"), Placement.PROGRAM),
        (WorkerClient("true"), Placement.PLACES_ITSELF),
    ],
)
def test_a_client_declares_where_it_runs(client: Client, where: Placement) -> None:
    assert client.where is where
    assert placement_of(client) is where


@pytest.mark.parametrize("name", adapter_names())
def test_every_installed_client_can_enter_the_sandbox(name: str) -> None:
    try:
        client = open_client(name)
    except ClientError:
        return  # it takes an argument, or is not installed here
    assert placement_of(client).can_enter_sandbox
    client.close()


def test_a_users_object_that_declares_nothing_stays_in_this_process() -> None:
    assert placement_of(object()) is Placement.IN_PROCESS


def test_a_declaration_of_another_type_is_refused() -> None:
    class Mistaken:
        where = "sandbox"

    with pytest.raises(TypeError, match=r"Mistaken\.where is 'sandbox'"):
        placement_of(Mistaken())


@pytest.mark.parametrize(
    ("where", "can_enter", "prefers", "needs"),
    [
        (Placement.IN_PROCESS, False, False, False),
        (Placement.REOPENABLE, True, False, False),
        (Placement.PROGRAM, True, True, False),
        (Placement.SANDBOX_ONLY, True, True, True),
        (Placement.PLACES_ITSELF, True, False, False),
    ],
)
def test_properties_of_placements(where: Placement, can_enter: bool, prefers: bool, needs: bool) -> None:
    assert (where.can_enter_sandbox, where.prefers_sandbox, where.needs_sandbox) == (can_enter, prefers, needs)
