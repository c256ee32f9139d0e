"""`dma`: the DragonFly Mail Agent, which delivers at once. What became of the message is read from what it tells
syslog(3), through dma.toml."""

import functools
import re
import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mailfault.clients.adapter import Adapter
from mailfault.clients.client import Client
from mailfault.clients.client_profile import ClientProfile, shipped_profile
from mailfault.clients.errors import ClientError
from mailfault.clients.library.mail_hosts import HELLO_NAME
from mailfault.clients.process.mta.agent import AgentClient, Laid, Said
from mailfault.clients.process.mta.installed import Found, find, package_version, unpacking
from mailfault.clients.process.mta.machine import on_a_machine_with
from mailfault.clients.process.mta.spool import Spool
from mailfault.clients.process.mta.syslog import Syslog
from mailfault.contract import Outcome, Route, Server, Target, TlsPolicy

_LINE = re.compile(r"dma\[(?P<queue_id>[^\]]*)\](?:\[\d+\])?: (?P<text>.*)$", re.DOTALL)
_QUEUED = re.compile(r"mail to=<(?P<recipient>[^>]*)> queued as (?P<queue_id>\S+)")
_HOST = re.compile(r"(?P<name>\S+) \[(?P<address>[^\]]+)\]")
_DELIVERED = "delivery successful"
_GIVEN_UP = ("bouncing as", "error creating bounce")
_FINAL = re.compile(r"^remote delivery (?:to |failed)")
"""What is logged where the mail cannot be delivered at all; all else can be tried again (net.c, dma.c)."""
_CHATTER = re.compile(
    r"^(?:<\S+> trying delivery|trying remote delivery|using smarthost|Server greeting successfully| +Server "
    r"|SSL init\S* successful|in opportunistic TLS mode)"
)


@dataclass
class _Item:
    """One recipient's part of the queue."""

    queue_id: str
    lines: list[str] = field(default_factory=list)

    @property
    def is_over(self) -> bool:
        return any(words in line for line in self.lines for words in (_DELIVERED, *_GIVEN_UP))


def items_in(lines: Iterable[str]) -> dict[str, _Item]:
    """What stands in the log about each recipient, in lower case."""
    recipients: dict[str, str] = {}
    items: dict[str, _Item] = {}
    for line in lines:
        found = _LINE.search(line)
        if found is None:
            continue
        if queued := _QUEUED.search(found["text"]):
            recipients[queued["queue_id"]] = queued["recipient"].lower()
            items[recipients[queued["queue_id"]]] = _Item(queued["queue_id"])
        elif found["queue_id"] in recipients:
            items[recipients[found["queue_id"]]].lines.append(found["text"])
    return items


def said_in(lines: Iterable[str]) -> dict[str, Said]:
    """What it said of each recipient with which it has done.

    dma says nothing when an attempt is over that it will repeat, and sleeps. So it is given mail that has been in its
    queue for longer than it tries (MAX_TIMEOUT): then it gives up after the one attempt, and says so.
    """
    return {recipient: _said(its.lines) for recipient, its in items_in(lines).items() if its.is_over}


def _said(lines: Sequence[str]) -> Said:
    hosts = [found for one in lines if (found := _HOST.search(one))]
    server = Server(name=hosts[-1]["name"], address=hosts[-1]["address"]) if hosts else None
    if any(_DELIVERED in one for one in lines):
        return Said(outcome=Outcome.DELIVERED, told="", text="", server=server)
    failures = [one for one in lines if not _CHATTER.match(one) and not any(words in one for words in _GIVEN_UP)]
    told = failures[-1] if failures else ""
    outcome = Outcome.FAILED if _FINAL.match(told) else Outcome.DEFERRED
    return Said(outcome=outcome, told=told, text=told, server=server)


def settings(spool: Path, target: Target) -> str:
    """dma.conf, as dma(8) has it."""
    told = [f"MAILNAME {HELLO_NAME}", f"SPOOLDIR {spool}/spool", f"ALIASES {spool}/aliases", f"PORT {target.smtp_port}"]
    told += [f"SMARTHOST {target.smart_host}"] if target.route is Route.SMART_HOST else []
    told += ["SECURETRANSFER", "STARTTLS"] if target.tls is not TlsPolicy.NONE else []
    told += ["OPPORTUNISTIC_TLS"] if target.tls is TlsPolicy.OPPORTUNISTIC else []
    return "".join(f"{line}\n" for line in told)


def _lay_out(found: Found, spool: Spool, target: Target) -> Laid:
    spool.folder("layer/etc/dma")
    spool.file("layer/etc/dma/dma.conf", settings(spool.path, target))
    spool.folder("spool", mode=0o770, owner="mail", group="mail")
    # Bounces go to the sender, who is local.
    spool.file("aliases", "*: root\n")
    spool.file("message", target.message.replace(b"\r\n", b"\n"))
    syslog = Syslog(spool.path)
    hand_in = shlex.join(["/usr/sbin/dma", "-bq", "-i", "-f", target.sender, *target.recipients])
    script = f"{hand_in} && touch -d '6 days ago' {spool.path}/spool/Q* && /usr/sbin/dma -q && exec sleep 86400"
    return Laid(
        command=on_a_machine_with(
            [*found.layers, spool.path / "layer"],
            ["sh", "-c", script],
            spool=spool.path,
            stdin=spool.path / "message",
        ),
        said=lambda: said_in(syslog.lines()),
        close=syslog.close,
    )


def _program() -> Found | None:
    return find("dma", "/usr/sbin/dma")


@functools.cache
def _version() -> str | None:
    found = _program()
    return package_version(found, "dma") if found is not None else None


def _open(what: str, profile: ClientProfile | None) -> Client:
    found = _program()
    if found is None:
        raise ClientError(f"--client dma: dma is not installed; {_INSTALL}")
    profile = profile if profile is not None else shipped_profile("dma", outcomes_known=True)
    return AgentClient("dma", f"dma {_version()}", profile=profile, lay_out=functools.partial(_lay_out, found))


_INSTALL = f"apt-get install dma, or: {unpacking('dma')}"

ADAPTER = Adapter(
    name="dma",
    what="the DragonFly Mail Agent, one delivery in the foreground",
    open=_open,
    version=_version,
    how_to_install=_INSTALL,
)
