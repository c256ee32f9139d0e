"""Two mail hosts fail, each in its own way. A correct client reports the last one that it tried.

Exchange and Postfix report the last host that they tried, and its failure. The failure of the first host is useful in
a log; as the answer it sends the postmaster to the wrong host.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

from mailfault.codes.failure import Failure
from mailfault.contract import TlsPolicy
from mailfault.scenario.family import member
from mailfault.scenario.model import Connector, Expect, Host, Scenario
from mailfault_servers.fault import Fault
from mailfault_servers.smtp.faults.close import Close
from mailfault_servers.smtp.faults.reply import Reply
from mailfault_servers.smtp.faults.silent import Silent
from mailfault_servers.smtp.reply import Stage
from mailfault_servers.tcp.faults.refuse import Refuse
from mailfault_servers.tcp.faults.unresponsive import Unresponsive
from mailfault_servers.tls.faults.wrong_name import WrongName


@dataclass(frozen=True)
class Way:
    """One way to fail."""

    does: str
    fault: Fault
    failure: Failure
    reply: str | None = None


GREYLISTED = "451 4.7.1 Greylisted, try again in 5 minutes"
WAYS = {
    "refused": Way("refuses the connection", Refuse(), Failure.CONNECTION_REFUSED),
    "no-answer": Way("answers no SYN", Unresponsive(), Failure.CONNECTION_TIMED_OUT),
    "closed": Way("closes the connection at EHLO", Close(at=Stage.EHLO), Failure.CONNECTION_CLOSED),
    "silent": Way("never answers MAIL", Silent(at=Stage.MAIL), Failure.CONNECTION_CLOSED),
    "busy": Way("greets with 421", Reply(reply="421 4.3.2 Service not available"), Failure.CANNOT_CONNECT),
    "greylisted": Way(
        "says 451 to the recipient", Reply(at=Stage.RCPT, reply=GREYLISTED), Failure.REMOTE_REPLY, GREYLISTED
    ),
    "certificate": Way("has a certificate for another name", WrongName(), Failure.CERTIFICATE_INVALID),
}
WRITTEN_BY_HAND = {("refused", "busy")}
"""The TOML file connect/all-hosts-fail-differently."""


def scenarios() -> Iterator[Scenario]:
    for first, second in itertools.permutations(WAYS, 2):
        if (first, second) not in WRITTEN_BY_HAND:
            yield _scenario(first, second)


def _scenario(first: str, second: str) -> Scenario:
    earlier, last = WAYS[first], WAYS[second]
    return Scenario(
        id=member(first=first, second=second),
        title=f"The first host {earlier.does}, and the second {last.does}",
        why=(
            f"Both hosts were tried, in the order of preference, and neither took the mail. The last one attempted "
            f"{last.does}: that is what a right client reports, with that host's name. The mail stays queued."
        ),
        refs=("RFC 5321 5.1", "Microsoft, Mail flow intelligence in Exchange Online, LastAttemptedServerName"),
        tags=("connect", "several-hosts"),
        connector=Connector(tls=TlsPolicy.VERIFIED, connect_limit=0.5, command_limit=1.0),
        host=(
            Host(name="mx1.dest.example", preference=10, faults=(earlier.fault,)),
            Host(name="mx2.dest.example", preference=20, faults=(last.fault,)),
        ),
        expect=Expect(failure=last.failure, action="defer", reply=last.reply, server="mx2.dest.example"),
    )
