"""Clients that do a part of a delivery, or nothing, and give one constant answer."""

import socket
from collections.abc import Callable
from typing import Any

import dns.resolver

from mailfault.contract import Answer, Outcome, Policy, Target

CODES = ("4.4.312", "4.4.315", "4.4.316", "4.4.317", "4.4.318", "4.7.320")
"""The article's codes."""
ANSWERS = (
    *(Answer(outcome=Outcome.DEFERRED, code=code) for code in CODES),
    Answer(outcome=Outcome.DELIVERED),
    Answer(outcome=Outcome.FAILED, code="5.0.0"),
)
Dummy = Callable[[Target], Answer]


def does_nothing(answer: Answer) -> Dummy:
    def deliver(target: Target) -> Answer:
        return answer

    return _of_every_policy(deliver)


def looks_names_up(answer: Answer) -> Dummy:
    def deliver(target: Target) -> Answer:
        _resolve(target)
        return answer

    return _of_every_policy(deliver)


def connects_and_listens(answer: Answer) -> Dummy:
    """Connect to the first host, and wait for the begin of a greeting."""

    def deliver(target: Target) -> Answer:
        for address in _resolve(target)[:1]:
            try:
                with socket.create_connection((address, target.smtp_port), target.limits.connect_s) as connection:
                    connection.settimeout(target.limits.command_s)
                    connection.recv(512)
            except OSError:
                pass
        return answer

    return _of_every_policy(deliver)


def _of_every_policy(deliver: Any) -> Dummy:
    deliver.policies = tuple(Policy)
    return deliver  # type: ignore[no-any-return]


def _resolve(target: Target) -> list[str]:
    """Return the addresses of the hosts, as far as the name server gives them."""
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers, resolver.port, resolver.lifetime = [target.dns[0]], target.dns[1], target.limits.dns_s
    try:
        names = [target.smart_host] if target.smart_host is not None else _exchangers(resolver)
        return [str(record) for name in names for record in resolver.resolve(name, "A")]
    except Exception:  # dnspython raises many kinds upon malformed answers
        return []


def _exchangers(resolver: dns.resolver.Resolver) -> list[str]:
    records = sorted(resolver.resolve("dest.example", "MX"), key=lambda record: record.preference)
    return [str(record.exchange) for record in records]
