"""`opensmtpd`: OpenBSD's daemon with a queue of its own. What became of the message is read from its log, result and
stat, through opensmtpd.toml."""

import functools
import re
from pathlib import Path

from mailfault.clients.adapter import Adapter
from mailfault.clients.client import Client
from mailfault.clients.client_profile import ClientProfile, shipped_profile
from mailfault.clients.errors import ClientError
from mailfault.clients.library.mail_hosts import HELLO_NAME
from mailfault.clients.process.mta.agent import AgentClient, Laid, Said, lines_of
from mailfault.clients.process.mta.installed import Found, find, package_version, unpacking
from mailfault.clients.process.mta.machine import on_a_machine_with
from mailfault.clients.process.mta.overlay import Users
from mailfault.clients.process.mta.spool import Spool
from mailfault.contract import Outcome, Route, Server, Target, TlsPolicy

_DELIVERY = re.compile(
    r'mta delivery evpid=\S+ from=<[^>]*> to=<(?P<recipient>[^>]*)> .*relay="(?P<relay>[^"]*)".* '
    r'result="(?P<result>Ok|TempFail|PermFail|LoopFail)" stat="(?P<stat>.*)"$',
    re.MULTILINE,
)
_REASON = re.compile(
    r"^(?:\w{16} mta error reason=|smtp-out: (?=Failed to resolve)|\w{16} mta (?=\S*tls \S*fail))(.+)$", re.MULTILINE
)
_RELAY = re.compile(r"(?P<address>[^\s(]+) \(")
"""What stands in parentheses is what the address's PTR record says: not the name that was looked up."""
_OUTCOMES = {
    "Ok": Outcome.DELIVERED,
    "TempFail": Outcome.DEFERRED,
    "PermFail": Outcome.FAILED,
    "LoopFail": Outcome.FAILED,
}


def said_in(log: Path) -> dict[str, Said]:
    """The log's last result of each recipient, with what was logged of connections that failed before."""
    reasons = [found[1] for found in lines_of(log, _REASON)]
    return {found["recipient"].lower(): _said(found, reasons) for found in lines_of(log, _DELIVERY)}


def _said(found: re.Match[str], reasons: list[str]) -> Said:
    relay = _RELAY.search(found["relay"])
    return Said(
        outcome=_OUTCOMES[found["result"]],
        told=" | ".join((f"result={found['result']} {found['stat']}", *reasons[-1:])),
        text=found["stat"],
        server=Server(address=relay["address"]) if relay is not None else None,
    )


def settings(target: Target) -> str:
    """smtpd.conf, as smtpd.conf(5) has it."""
    relay = ["relay", f"helo {HELLO_NAME}"]
    if target.route is Route.SMART_HOST:
        scheme = {TlsPolicy.NONE: "smtp+notls", TlsPolicy.OPPORTUNISTIC: "smtp"}.get(target.tls, "smtp+tls")
        relay += [f'host "{scheme}://{target.smart_host}:{target.smtp_port}"']
    if target.tls is TlsPolicy.REQUIRED:
        relay += ["tls no-verify"]
    elif target.tls is TlsPolicy.VERIFIED:
        relay += ["tls"]
    return f'action "out" {" ".join(relay)}\nmatch from any for any action "out"\n'


def _lay_out(found: Found, spool: Spool, target: Target) -> Laid:
    users = Users(spool, "opensmtpd", "opensmtpq")
    spool.folder("layer/etc/ssl/certs")
    for ours, its in users.over.items():
        spool.file(f"layer{its}", ours.read_bytes())
    spool.file("layer/etc/smtpd.conf", settings(target), mode=0o600)
    spool.file("layer/etc/mailname", f"{HELLO_NAME}\n")
    spool.file("layer/etc/aliases", "")
    spool.file("layer/etc/ssl/certs/ca-certificates.crt", target.ca_file.read_bytes())
    spool.folder("layer/var/spool/smtpd", mode=0o711)
    for name in ("corrupt", "incoming", "purge", "queue", "temporary"):
        spool.folder(f"layer/var/spool/smtpd/{name}", mode=0o700, owner=users.number("opensmtpq"))
    spool.folder("layer/var/spool/smtpd/offline", mode=0o770, owner=0, group=users.number("opensmtpq"))
    spool.folder("layer/var/lib/opensmtpd/empty")
    spool.file("message", target.message.replace(b"\r\n", b"\n"))
    log = spool.path / "output"
    # Handed in while no daemon runs, it is taken from "offline" by the one that starts (EX_TEMPFAIL).
    submit = (
        f"/usr/sbin/sendmail -f {target.sender} {' '.join(target.recipients)} < {spool.path}/message || [ $? = 75 ]"
    )
    return Laid(
        command=on_a_machine_with(
            [*found.layers, spool.path / "layer"],
            ["/usr/sbin/smtpd", "-d"],
            spool=spool.path,
            first=[
                # What Debian's package does when it is installed.
                ["chgrp", "opensmtpq", "/usr/sbin/smtpctl"],
                ["chmod", "2555", "/usr/sbin/smtpctl"],
                ["sh", "-c", submit],
            ],
        ),
        said=lambda: said_in(log),
    )


def _program() -> Found | None:
    return find("opensmtpd", "/usr/sbin/smtpd")


@functools.cache
def _version() -> str | None:
    found = _program()
    return package_version(found, "opensmtpd") if found is not None else None


def _open(what: str, profile: ClientProfile | None) -> Client:
    found = _program()
    if found is None:
        raise ClientError(f"--client opensmtpd: OpenSMTPD is not installed; {_INSTALL}")
    profile = profile if profile is not None else shipped_profile("opensmtpd", outcomes_known=True)
    lay_out = functools.partial(_lay_out, found)
    return AgentClient("opensmtpd", f"OpenSMTPD {_version()}", profile=profile, lay_out=lay_out)


_INSTALL = f"apt-get install opensmtpd, or: {unpacking('opensmtpd')}"

ADAPTER = Adapter(
    name="opensmtpd",
    what="OpenBSD's mail daemon, with a queue of its own",
    open=_open,
    version=_version,
    how_to_install=_INSTALL,
)
