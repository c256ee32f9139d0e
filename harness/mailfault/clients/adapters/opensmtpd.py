"""`opensmtpd`: OpenBSD's mail daemon, with its own queue.

The result and stat of its log are read through opensmtpd.toml.
"""

import re
from pathlib import Path

from mailfault.clients.library.mail_hosts import HELLO_NAME
from mailfault.clients.process.mta.agent import AgentSetup, RecipientStatus, agent_adapter, matches_in
from mailfault.clients.process.mta.installed import InstalledAgent
from mailfault.clients.process.mta.overlay_root import in_overlay_root
from mailfault.clients.process.mta.spool import Spool
from mailfault.clients.process.mta.system_users import SystemUsers
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
"""The name in parentheses is the address's PTR record, not the name that was looked up."""
_OUTCOMES = {
    "Ok": Outcome.DELIVERED,
    "TempFail": Outcome.DEFERRED,
    "PermFail": Outcome.FAILED,
    "LoopFail": Outcome.FAILED,
}


def statuses_in(log: Path) -> dict[str, RecipientStatus]:
    """Return the last result of each recipient, with the last failed connection before it."""
    reasons = [found[1] for found in matches_in(log, _REASON)]
    return {found["recipient"].lower(): _status(found, reasons) for found in matches_in(log, _DELIVERY)}


def _status(found: re.Match[str], reasons: list[str]) -> RecipientStatus:
    relay = _RELAY.search(found["relay"])
    return RecipientStatus(
        outcome=_OUTCOMES[found["result"]],
        facts=" | ".join((f"result={found['result']} {found['stat']}", *reasons[-1:])),
        text=found["stat"],
        server=Server(address=relay["address"]) if relay is not None else None,
    )


def settings(target: Target) -> str:
    """Return smtpd.conf (smtpd.conf(5))."""
    relay = ["relay", f"helo {HELLO_NAME}"]
    if target.route is Route.SMART_HOST:
        scheme = {TlsPolicy.NONE: "smtp+notls", TlsPolicy.OPPORTUNISTIC: "smtp"}.get(target.tls, "smtp+tls")
        relay += [f'host "{scheme}://{target.smart_host}:{target.smtp_port}"']
    if target.tls is TlsPolicy.REQUIRED:
        relay += ["tls no-verify"]
    elif target.tls is TlsPolicy.VERIFIED:
        relay += ["tls"]
    return f'action "out" {" ".join(relay)}\nmatch from any for any action "out"\n'


def _prepare(agent: InstalledAgent, spool: Spool, target: Target) -> AgentSetup:
    users = SystemUsers(spool, "opensmtpd", "opensmtpq")
    spool.folder("layer/etc/ssl/certs")
    for source, path in users.mounts.items():
        spool.file(f"layer{path}", source.read_bytes())
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
    # Submitted while no daemon runs (EX_TEMPFAIL), the mail waits in "offline" for the one that starts.
    submit = (
        f"/usr/sbin/sendmail -f {target.sender} {' '.join(target.recipients)} < {spool.path}/message || [ $? = 75 ]"
    )
    return AgentSetup(
        command=in_overlay_root(
            [*agent.layers, spool.path / "layer"],
            ["/usr/sbin/smtpd", "-d"],
            spool=spool.path,
            first=[
                # As Debian's package does when it is installed.
                ["chgrp", "opensmtpq", "/usr/sbin/smtpctl"],
                ["chmod", "2555", "/usr/sbin/smtpctl"],
                ["sh", "-c", submit],
            ],
        ),
        statuses=lambda: statuses_in(log),
    )


ADAPTER = agent_adapter(
    "opensmtpd",
    "OpenSMTPD",
    "OpenBSD's mail daemon, with its own queue",
    prepare=_prepare,
    programs=["/usr/sbin/smtpd"],
)
