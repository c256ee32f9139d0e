"""MX lookup for adapters over SMTP libraries, which take a host and look up no MX.

It uses dnspython as its documentation shows, with the target's resolver only.
"""

from collections.abc import Callable
from dataclasses import dataclass

import dns.exception
import dns.resolver
from dns.rdtypes.ANY.MX import MX

from mailfault.classify.classified import LOOKUP
from mailfault.clients.library.exception_answer import answer_from
from mailfault.codes.failure import Failure
from mailfault.contract import Answer, Outcome, Route, Server, Target, TlsPolicy, Unsupported
from mailfault_servers.smtp.reply import Stage

HELLO_NAME = "client.example"
"""The adapters' name in EHLO: the machine's own name would have to be looked up."""


@dataclass(frozen=True, slots=True)
class MailHost:
    """One address of one host."""

    name: str
    address: str

    @property
    def server(self) -> Server:
        return Server(name=self.name, address=self.address)


@dataclass(frozen=True, slots=True)
class Tried:
    """The result at one host."""

    answer: Answer
    final: bool
    """No other host is tried: the message was delivered, refused for good, or perhaps delivered."""


class NullMx(Exception):
    """The domain accepts no mail (RFC 7505)."""


def deliver_in_order(target: Target, deliver_to: Callable[[MailHost], Tried]) -> Answer:
    """Try the target's hosts in the order of preference (RFC 5321 5.1); the last one tried decides.

    Raises Unsupported for a target of an unknown kind, and DNS errors that cannot be classified.
    """
    check_known(target)
    try:
        hosts = _find_hosts(target)
    except NullMx as refusal:
        return Answer(
            outcome=Outcome.FAILED, code="5.1.10", failure=Failure.NO_MAIL_SERVICE, text=f"null MX: {refusal}"
        )
    except dns.exception.DNSException as error:
        answer = answer_from(error, stage=LOOKUP)
        if answer is None:
            raise
        return answer
    tried: Tried | None = None
    for host in hosts:
        tried = deliver_to(host)
        if tried.final:
            break
    assert tried is not None
    return tried.answer


def mail_options(target: Target) -> list[str]:
    """Return the parameters of MAIL that a caller has to ask the library for. Raises Unsupported for 8-bit content.

    The libraries send content as it is; whether 8-bit content may be sent is known only within the session (RFC 6152).
    """
    if not target.message.isascii():
        raise Unsupported("the library sends 8-bit content without asking whether the host takes it")
    return [] if all(address.isascii() for address in (target.sender, *target.recipients)) else ["SMTPUTF8"]


def check_known(target: Target) -> None:
    """Raise Unsupported for a route or a TLS policy that is not in the contract."""
    if target.route not in list(Route):
        raise Unsupported(f"route {str(target.route)!r} is not known here; known are {', '.join(Route)}")
    if target.tls not in list(TlsPolicy):
        raise Unsupported(f"TLS policy {str(target.tls)!r} is not known here; known are {', '.join(TlsPolicy)}")


def tried_and_failed(error: Exception, *, stage: str, host: MailHost) -> Tried:
    """Return the result of a library's exception at one host. Raises the exception if it cannot be classified."""
    answer = answer_from(error, stage=stage, server=host.server)
    if answer is None:
        raise error
    refused = answer.failure is Failure.REMOTE_REPLY
    perhaps_delivered = stage == Stage.END_OF_DATA and not refused
    return Tried(answer, final=perhaps_delivered or (refused and answer.outcome is Outcome.FAILED))


def addresses_of(target: Target, name: str) -> tuple[str, ...]:
    """Return every address of a host, A before AAAA. Raises DNSException if it has none, or the lookup failed."""
    resolver = _resolver(target)
    found: list[str] = []
    failed: dns.exception.DNSException | None = None
    for kind in ("A", "AAAA"):
        try:
            found += [str(record) for record in resolver.resolve(name, kind, search=False)]
        except dns.resolver.NXDOMAIN:
            raise  # a name that does not exist has no records of any type (RFC 8020)
        except dns.exception.DNSException as error:
            failed = failed or error
    if not found:
        assert failed is not None
        raise failed
    return tuple(found)


def _find_hosts(target: Target) -> tuple[MailHost, ...]:
    found: list[MailHost] = []
    failed: dns.exception.DNSException | None = None
    for name in _names(target):
        try:
            found += [MailHost(name, address) for address in addresses_of(target, name)]
        except dns.exception.DNSException as error:
            failed = error
    if not found:
        assert failed is not None
        raise failed
    return tuple(found)


def _names(target: Target) -> tuple[str, ...]:
    if target.route is Route.SMART_HOST:
        assert target.smart_host is not None
        return (target.smart_host,)
    domain = target.recipients[0].rpartition("@")[2]
    try:
        answer = _resolver(target).resolve(domain, "MX", search=False)
    except dns.resolver.NoAnswer:
        return (domain,)  # the implicit MX
    records = sorted(
        ((mx.preference, mx.exchange) for mx in answer if isinstance(mx, MX)), key=lambda record: record[0]
    )
    if len(records) == 1 and records[0][1] == dns.name.root:
        raise NullMx(f"{domain} accepts no mail")
    return tuple(exchange.to_text(omit_final_dot=True) for _, exchange in records)


def _resolver(target: Target) -> dns.resolver.Resolver:
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers = [target.dns[0]]
    resolver.port = target.dns[1]
    resolver.timeout = resolver.lifetime = target.limits.dns_s
    return resolver
