"""Running worlds for the reference client, and its settings for them."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from mailfault.clients.adapters.reference import settings_of
from mailfault.contract import Limits
from mailfault.pytest_plugin.mail_world import MailWorld, build_world
from mailfault.reference_client import Attempt, DeliveryClient, Envelope
from mailfault.scenario.model import Host
from mailfault_servers.clock import SystemClock
from mailfault_servers.fault import find_fault

Start = Callable[..., MailWorld]


def host(name: str, *faults: dict[str, Any], **settings: Any) -> Host:
    """A mail host `NAME.dest.example` with these faults."""
    return Host.model_validate({"name": f"{name}.dest.example", "faults": faults, **settings})


@pytest.fixture
def world() -> Iterator[Start]:
    """Start a world: hosts, faults of the name server, and what build_world() takes."""
    with ExitStack() as opened:

        def start(*hosts: Host, dns: tuple[dict[str, Any], ...] = (), **settings: Any) -> MailWorld:
            faults = [
                find_fault(settings["use"]).model_validate({k: v for k, v in settings.items() if k != "use"})
                for settings in dns
            ]
            made = build_world(*faults, hosts=hosts or (host("mx1"),), **settings)
            return opened.enter_context(made)

        yield start


def envelope_of(running: MailWorld) -> Envelope:
    target = running.target
    return Envelope(sender=target.sender, recipients=target.recipients, message=target.message)


def deliver(running: MailWorld, client: type[DeliveryClient] = DeliveryClient) -> Attempt:
    """One delivery of the world's message."""
    attempt = asyncio.run(client(settings_of(running.target), clock=SystemClock()).deliver(envelope_of(running)))
    running.settle()
    return attempt


SHORT = Limits(connect_s=0.25, command_s=0.4, dns_s=0.25)
"""For faults that make the client wait. Nothing honest has to be quick under it."""
