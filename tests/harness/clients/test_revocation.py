"""Revocation lists: only clients that declare that they check them are given one."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from mailfault.clients import open_client
from mailfault.clients.adapters.reference import ReferenceAdapter
from mailfault.clients.client_profile import ClientProfile
from mailfault.clients.library.callable_client import CallableClient
from mailfault.clients.process.command_client import CommandClient
from mailfault.clients.process.worker_client import WorkerClient
from mailfault.contract import Answer, Outcome, Target
from mailfault.events import Ending
from mailfault.play.options import RunOptions
from mailfault.play.run import run_scenario
from mailfault.reference_client import DeliveryClient, Settings
from mailfault.reference_client.settings import Clock
from mailfault.scenario.loader import find_scenario

REASON = "The client does not declare that it checks revocation lists (RFC 5280 6.3)."
STORIES = ("control/revocation-list", "tls/certificate-revoked[route=mx]", "tls/certificate-revoked[route=smart-host]")


def deliver(target: Target) -> Answer:
    return Answer(outcome=Outcome.DELIVERED)


def declaring(*, revocation: bool) -> Callable[[Target], Answer]:
    def delivers(target: Target) -> Answer:
        return deliver(target)

    delivers.revocation = revocation  # type: ignore[attr-defined]
    return delivers


@pytest.mark.parametrize("declared", [False, True])
def test_only_clients_that_declare_it_are_given_a_list(target: Target, declared: bool) -> None:
    profile = ClientProfile.model_validate({"revocation": declared})
    clients = (
        CallableClient(deliver, spec="python:x", profile=profile),
        CallableClient(declaring(revocation=declared), spec="python:x"),
        CommandClient("true", profile=profile),
        WorkerClient("true", profile=profile),
    )
    for client in clients:
        assert client.supports("tls/x", replace(target, crl_file=Path("/crl.pem"))) == (None if declared else REASON)
        assert client.supports("tls/x", target) is None
        client.close()


def test_a_client_without_a_profile_is_given_none(target: Target) -> None:
    listed = replace(target, crl_file=Path("/crl.pem"))
    assert CommandClient("true").supports("tls/x", listed) == REASON
    assert CallableClient(deliver, spec="python:x").supports("tls/x", listed) == REASON


class NeverChecks(DeliveryClient):
    """A right client that verifies certificates and reads no revocation list, and says so."""

    def __init__(self, settings: Settings, *, clock: Clock) -> None:
        super().__init__(replace(settings, crl_file=None), clock=clock)


@pytest.mark.parametrize("story", STORIES)
def test_a_client_that_checks_none_is_not_accused(story: str) -> None:
    client = ReferenceAdapter(client=NeverChecks, profile=ClientProfile())
    finished = run_scenario(find_scenario(story), client, RunOptions())
    assert (finished.ending, finished.sentence) == (Ending.UNSUPPORTED, REASON)


@pytest.mark.parametrize("spec", ["reference", "smtplib", "aiosmtplib"])
@pytest.mark.parametrize("story", STORIES)
def test_clients_that_check_lists_pass(spec: str, story: str) -> None:
    assert run_scenario(find_scenario(story), open_client(spec), RunOptions()).ending == Ending.PASSED
