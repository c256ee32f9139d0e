"""A check of an adapter: a good delivery, one fault of each class, and targets that it must refuse.

The check does not judge the client: one that answers "deferred" to every fault has an adapter that works.
"""

import contextlib
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol, cast

from mailfault.clients.client import Client
from mailfault.codes.failure import Failure
from mailfault.contract import (
    Answered,
    Crashed,
    Declined,
    DeliveryResult,
    Hung,
    Limits,
    Outcome,
    Route,
    Target,
    TlsPolicy,
)
from mailfault.scenario.model import Scenario
from mailfault_servers.network import HostNetwork

_UNKNOWN = "x-unknown"
_REFUSAL_DEADLINE_S = 10.0
_HOST = "mx1.dest.example"
_MESSAGE = b"From: <sender@client.example>\r\nTo: <user@dest.example>\r\nSubject: Not to be sent\r\n\r\n-\r\n"

_FAULTS: Mapping[Failure, tuple[str, Mapping[str, Any]]] = {
    Failure.DNS_QUERY_FAILED: ("the name server says SERVFAIL", {"dns": {"faults": [{"use": "dns.servfail"}]}}),
    Failure.CONNECTION_TIMED_OUT: ("the host does not answer", {"faults": [{"use": "tcp.unresponsive"}]}),
    Failure.CONNECTION_REFUSED: ("the host refuses the connection", {"faults": [{"use": "tcp.refuse"}]}),
    Failure.CANNOT_CONNECT: (
        "the host greets with 421",
        {"faults": [{"use": "smtp.reply", "at": "greeting", "reply": "421 4.3.2 Service not available"}]},
    ),
    Failure.CONNECTION_CLOSED: ("the host hangs up at MAIL", {"faults": [{"use": "smtp.close", "at": "mail"}]}),
    Failure.CERTIFICATE_INVALID: (
        "the certificate has expired",
        {"faults": [{"use": "tls.expired"}], "connector": {"tls": "verified"}},
    ),
    Failure.REMOTE_REPLY: (
        "the host refuses the recipient with 550",
        {"faults": [{"use": "smtp.reply", "at": "rcpt", "reply": "550 5.1.1 User unknown"}]},
    ),
    Failure.NO_MAIL_SERVICE: (
        "the domain takes no mail",
        {"dns": {"faults": [{"use": "dns.null-mx"}]}, "connector": {"route": "mx"}},
    ),
}


class Judged(Protocol):
    """The part of a verdict that is used here."""

    @property
    def ending(self) -> str: ...

    @property
    def sentence(self) -> str: ...


class Played(Protocol):
    """A scenario that was played: `mailfault.play.result.ScenarioResult` is one."""

    @property
    def ended(self) -> DeliveryResult | None:
        """The client's result; None if the harness itself failed."""
        ...

    @property
    def verdict(self) -> Judged: ...


@dataclass(frozen=True, slots=True)
class Check:
    """The result of one check."""

    title: str
    ok: bool
    detail: str


def check_client(client: Client, *, play: Callable[[Scenario], Played]) -> list[Check]:
    """Run every check, even after one fails. `play` plays one scenario against the client, once.

    A client may declare scenarios unsupported as long as it delivers by one route.
    """
    delivered = {route: play(_good(route)) for route in (Route.SMART_HOST, Route.MX)}
    usable = [route for route, played in delivered.items() if not isinstance(played.ended, Declined)]
    checks = [
        _check_good(f"a good delivery by {_name(route)}", played, may_decline=bool(usable))
        for route, played in delivered.items()
    ]
    route = usable[0] if usable else Route.SMART_HOST
    checks += [
        _check_fault(failure, f"an answer where {story}", play(_faulty(failure, story, world, route)))
        for failure, (story, world) in _FAULTS.items()
    ]
    with _unreachable_target(route) as target:
        checks.append(_check_refusal("an unknown route", client, replace(target, route=cast(Route, _UNKNOWN))))
        checks.append(_check_refusal("an unknown TLS policy", client, replace(target, tls=cast(TlsPolicy, _UNKNOWN))))
    return checks


def _check_good(title: str, played: Played, *, may_decline: bool) -> Check:
    ended = played.ended
    if isinstance(ended, Declined):
        return Check(title, may_decline, f"declared unsupported: {ended.reason}")
    if isinstance(ended, Answered) and played.verdict.ending == "passed":
        return Check(title, True, "delivered, and the server has it")
    if isinstance(ended, Answered):
        return Check(title, False, f"{_describe(ended)}; {played.verdict.sentence}")
    return Check(title, False, _describe(ended) if ended is not None else played.verdict.sentence)


def _check_fault(failure: Failure, title: str, played: Played) -> Check:
    ended = played.ended
    if ended is None:
        return Check(title, False, played.verdict.sentence)
    if isinstance(ended, Declined):
        return Check(title, True, f"declared unsupported: {ended.reason}")
    if not isinstance(ended, Answered):
        return Check(title, False, _describe(ended))
    if ended.answer.outcome is not Outcome.DELIVERED:
        return Check(title, True, _describe(ended))
    if failure is Failure.CERTIFICATE_INVALID:
        return Check(title, True, "delivered all the same: it does not check certificates, and verdicts will say so")
    return Check(title, False, "it says 'delivered' although nothing can arrive: does the adapter see errors?")


def _check_refusal(what: str, client: Client, target: Target) -> Check:
    title = f"{what} is refused"
    ended = client.deliver(target, deadline_s=_REFUSAL_DEADLINE_S)
    if isinstance(ended, Declined):
        return Check(title, True, ended.reason)
    remedy = "exit with 127, or raise Unsupported, if you do not know the route or the TLS policy"
    return Check(title, False, f"{_describe(ended)}; {remedy}")


def _describe(ended: DeliveryResult) -> str:
    match ended:
        case Answered(answer):
            spelled = (str(answer.failure or ""), answer.code, answer.reply, answer.text)
            return ": ".join([str(answer.outcome), *[word for word in spelled if word][:1]])
        case Crashed(reason):
            return f"crashed: {reason}"
        case Hung(deadline_s):
            return f"gave no answer in {deadline_s:g} s"
        case Declined(reason):
            return f"declined: {reason}"


def _name(route: Route) -> str:
    return "MX" if route is Route.MX else "smart host"


def _good(route: Route) -> Scenario:
    return _scenario(
        {
            "id": "check/good-delivery",
            "title": f"A good delivery by {_name(route)}",
            "connector": {"route": route},
            "host": [{"name": _HOST}],
            "expect": {"action": "deliver"},
        }
    )


def _faulty(failure: Failure, story: str, world: Mapping[str, Any], route: Route) -> Scenario:
    expect: dict[str, Any] = {"failure": failure, "action": "defer"}
    if failure in (Failure.REMOTE_REPLY, Failure.NO_MAIL_SERVICE):
        expect["action"] = "fail"
    if failure is Failure.REMOTE_REPLY:
        expect["reply"] = world["faults"][0]["reply"]
    return _scenario(
        {
            "id": f"check/{failure}",
            "title": story,
            "connector": {"route": route, **world.get("connector", {})},
            "dns": world.get("dns", {}),
            "host": [{"name": _HOST, "faults": world.get("faults", [])}],
            "expect": expect,
        }
    )


def _scenario(data: Mapping[str, Any]) -> Scenario:
    fixed = {"why": "Shows that an adapter works, whatever its client answers.", "refs": ["the client contract"]}
    return Scenario.model_validate({**fixed, **data})


@contextlib.contextmanager
def _unreachable_target(route: Route) -> Iterator[Target]:
    """Yield a target whose ports are closed: a client that does not refuse it cannot connect."""
    network = HostNetwork()
    with contextlib.ExitStack() as held:
        folder = Path(held.enter_context(tempfile.TemporaryDirectory(prefix="mailfault-check-")))
        ca_file = folder / "authority.pem"
        ca_file.write_bytes(b"")
        udp, _ = (held.enter_context(sock) for sock in network.dns_sockets("127.0.0.2"))
        (smtp,) = (held.enter_context(sock) for sock in network.smtp_sockets(("127.0.0.10",)))
        yield Target(
            route=route,
            smart_host=_HOST if route is Route.SMART_HOST else None,
            smtp_port=smtp.getsockname()[1],
            dns=udp.getsockname(),
            tls=TlsPolicy.OPPORTUNISTIC,
            ca_file=ca_file,
            crl_file=None,
            sender="sender@client.example",
            recipients=("user@dest.example",),
            message=_MESSAGE,
            limits=Limits(connect_s=0.3, command_s=0.3, dns_s=0.3),
        )
