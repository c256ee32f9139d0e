"""`dma`: the DragonFly Mail Agent, one delivery in the foreground.

It delivers at once. What it logs to syslog(3) is read through dma.toml.
"""

import re
import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mailfault.clients.library.mail_hosts import HELLO_NAME
from mailfault.clients.process.mta.agent import AgentSetup, RecipientStatus, agent_adapter
from mailfault.clients.process.mta.installed import InstalledAgent
from mailfault.clients.process.mta.overlay_root import in_overlay_root
from mailfault.clients.process.mta.spool import Spool
from mailfault.clients.process.mta.syslog import Syslog
from mailfault.contract import Outcome, Route, Server, Target, TlsPolicy

_LINE = re.compile(r"dma\[(?P<queue_id>[^\]]*)\](?:\[\d+\])?: (?P<text>.*)$", re.DOTALL)
_QUEUED = re.compile(r"mail to=<(?P<recipient>[^>]*)> queued as (?P<queue_id>\S+)")
_HOST = re.compile(r"(?P<name>\S+) \[(?P<address>[^\]]+)\]")
_DELIVERED = "delivery successful"
_GIVEN_UP = ("bouncing as", "error creating bounce")
_FINAL = re.compile(r"^remote delivery (?:to |failed)")
"""Logged if the mail cannot be delivered at all. All other failures are temporary (net.c, dma.c)."""
_CHATTER = re.compile(
    r"^(?:<\S+> trying delivery|trying remote delivery|using smarthost|Server greeting successfully| +Server "
    r"|SSL init\S* successful|in opportunistic TLS mode)"
)


@dataclass
class _QueueItem:
    """One recipient's part of the queue."""

    queue_id: str
    lines: list[str] = field(default_factory=list)

    @property
    def is_over(self) -> bool:
        return any(words in line for line in self.lines for words in (_DELIVERED, *_GIVEN_UP))


def items_in(lines: Iterable[str]) -> dict[str, _QueueItem]:
    """Return the log about each recipient, by address in lower case."""
    recipients: dict[str, str] = {}
    items: dict[str, _QueueItem] = {}
    for line in lines:
        found = _LINE.search(line)
        if found is None:
            continue
        if queued := _QUEUED.search(found["text"]):
            recipients[queued["queue_id"]] = queued["recipient"].lower()
            items[recipients[queued["queue_id"]]] = _QueueItem(queued["queue_id"])
        elif found["queue_id"] in recipients:
            items[recipients[found["queue_id"]]].lines.append(found["text"])
    return items


def statuses_in(lines: Iterable[str]) -> dict[str, RecipientStatus]:
    """Return the status of each recipient that dma has finished.

    dma logs nothing at the end of an attempt that it will repeat, and sleeps. So it is given mail that is older than it
    keeps mail (MAX_TIMEOUT): it gives up after one attempt, and logs that.
    """
    return {recipient: _status(item.lines) for recipient, item in items_in(lines).items() if item.is_over}


def _status(lines: Sequence[str]) -> RecipientStatus:
    hosts = [found for line in lines if (found := _HOST.search(line))]
    server = Server(name=hosts[-1]["name"], address=hosts[-1]["address"]) if hosts else None
    if any(_DELIVERED in line for line in lines):
        return RecipientStatus(outcome=Outcome.DELIVERED, facts="", text="", server=server)
    failures = [line for line in lines if not _CHATTER.match(line) and not any(words in line for words in _GIVEN_UP)]
    failure = failures[-1] if failures else ""
    outcome = Outcome.FAILED if _FINAL.match(failure) else Outcome.DEFERRED
    return RecipientStatus(outcome=outcome, facts=failure, text=failure, server=server)


def settings(spool: Path, target: Target) -> str:
    """Return dma.conf (dma(8))."""
    lines = [
        f"MAILNAME {HELLO_NAME}",
        f"SPOOLDIR {spool}/spool",
        f"ALIASES {spool}/aliases",
        f"PORT {target.smtp_port}",
    ]
    lines += [f"SMARTHOST {target.smart_host}"] if target.route is Route.SMART_HOST else []
    lines += ["SECURETRANSFER", "STARTTLS"] if target.tls is not TlsPolicy.NONE else []
    lines += ["OPPORTUNISTIC_TLS"] if target.tls is TlsPolicy.OPPORTUNISTIC else []
    return "".join(f"{line}\n" for line in lines)


def _prepare(agent: InstalledAgent, spool: Spool, target: Target) -> AgentSetup:
    spool.folder("layer/etc/dma")
    spool.file("layer/etc/dma/dma.conf", settings(spool.path, target))
    spool.folder("spool", mode=0o770, owner="mail", group="mail")
    # Bounces go to the sender, a local user.
    spool.file("aliases", "*: root\n")
    spool.file("message", target.message.replace(b"\r\n", b"\n"))
    syslog = Syslog(spool.path)
    hand_in = shlex.join(["/usr/sbin/dma", "-bq", "-i", "-f", target.sender, *target.recipients])
    script = f"{hand_in} && touch -d '6 days ago' {spool.path}/spool/Q* && /usr/sbin/dma -q && exec sleep 86400"
    return AgentSetup(
        command=in_overlay_root(
            [*agent.layers, spool.path / "layer"],
            ["sh", "-c", script],
            spool=spool.path,
            stdin=spool.path / "message",
        ),
        statuses=lambda: statuses_in(syslog.lines()),
        close=syslog.close,
    )


ADAPTER = agent_adapter(
    "dma",
    "dma",
    "the DragonFly Mail Agent, one delivery in the foreground",
    prepare=_prepare,
    programs=["/usr/sbin/dma"],
)
