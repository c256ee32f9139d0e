"""`postfix`: a whole Postfix with its own queue, from its sendmail(1) to its first delivery attempt.

The status and text of its log are read through postfix.toml.
"""

import re
import shlex
from math import ceil
from pathlib import Path

from mailfault.clients.library.mail_hosts import HELLO_NAME
from mailfault.clients.process.mta.agent import AgentSetup, RecipientStatus, agent_adapter, matches_in
from mailfault.clients.process.mta.installed import InstalledAgent
from mailfault.clients.process.mta.spool import Spool
from mailfault.clients.process.probe import probe
from mailfault.contract import (
    Outcome,
    Policy,
    Route,
    Server,
    Target,
    TlsPolicy,
)

_DAEMONS = Path("/usr/lib/postfix/sbin")
_SENDMAIL = "/usr/sbin/sendmail"
_POSTCONF = "/usr/sbin/postconf"
"""An absolute path: users who are not root seldom have that folder in their PATH."""
_OUTCOMES = {"sent": Outcome.DELIVERED, "deferred": Outcome.DEFERRED, "bounced": Outcome.FAILED}
_STATUS = re.compile(
    r"postfix/\S+\[\d+\]: \w+: to=<(?P<recipient>[^>]*)>,.* relay=(?P<relay>\S+), .*"
    r"dsn=(?P<dsn>[\d.]+), status=(?P<status>sent|deferred|bounced) \((?P<text>.*)\)$",
    re.MULTILINE,
)
_RELAY = re.compile(r"(?P<name>[^\[]+)\[(?P<address>[^\]]+)\]")
_LEVELS = {
    TlsPolicy.NONE: "none",
    TlsPolicy.OPPORTUNISTIC: "may",
    TlsPolicy.REQUIRED: "encrypt",
    TlsPolicy.VERIFIED: "verify",
}
_PRIVATE = (
    "active",
    "bounce",
    "corrupt",
    "defer",
    "deferred",
    "flush",
    "hold",
    "incoming",
    "private",
    "saved",
    "trace",
)
_MASTER = """
postlog   unix-dgram n - n - 1 postlogd
pickup    unix n - n 60    1 pickup
cleanup   unix n - n -     0 cleanup
qmgr      unix n - n 300   1 qmgr
tlsmgr    unix - - n 1000? 1 tlsmgr
rewrite   unix - - n -     - trivial-rewrite
bounce    unix - - n -     0 bounce
defer     unix - - n -     0 bounce
trace     unix - - n -     0 bounce
smtp      unix - - n -     - smtp
error     unix - - n -     - error
retry     unix - - n -     - error
discard   unix - - n -     - discard
"""


def statuses_in(log: Path, level: str) -> dict[str, RecipientStatus]:
    """Return the status in the log's last line about each recipient."""
    return {found["recipient"].lower(): _status(found, level) for found in matches_in(log, _STATUS)}


def _status(found: re.Match[str], level: str) -> RecipientStatus:
    relay = _RELAY.match(found["relay"])
    return RecipientStatus(
        outcome=_OUTCOMES[found["status"]],
        facts=f"level={level} dsn={found['dsn']} status={found['status']} {found['text']}",
        text=found["text"],
        server=Server(name=relay["name"], address=relay["address"]) if relay is not None else None,
    )


def _start_script(root: Path, target: Target) -> str:
    """Return a script that starts the daemons, submits the message, and stays: the daemons are not its children."""
    conf = shlex.quote(str(root / "conf"))
    recipients = " ".join(shlex.quote(recipient) for recipient in target.recipients)
    message = shlex.quote(str(root / "message"))
    return (
        f"{_DAEMONS}/master -w -c {conf} && "
        f"{_SENDMAIL} -C {conf} -i -f {shlex.quote(target.sender)} -- {recipients} < {message} && "
        "exec sleep 86400"
    )


def _prepare(agent: InstalledAgent, spool: Spool, target: Target) -> AgentSetup:
    """Write queue, configuration and message. Raises OSError, KeyError."""
    for name in _PRIVATE:
        spool.folder(f"queue/{name}", mode=0o700, owner="postfix")
    spool.folder("queue/pid")
    spool.folder("queue/public", mode=0o710, owner="postfix", group="postdrop")
    spool.folder("queue/maildrop", mode=0o1730, owner="postfix", group="postdrop")
    spool.folder("data", mode=0o700, owner="postfix")
    spool.folder("log")
    spool.folder("conf")
    spool.file("conf/main.cf", "".join(f"{key} = {value}\n" for key, value in settings(spool.path, target).items()))
    spool.file("conf/master.cf", _MASTER)
    spool.file("message", target.message.replace(b"\r\n", b"\n"))
    log, level = spool.path / "log/mail.log", level_of(target)
    return AgentSetup(
        command=["sh", "-c", _start_script(spool.path, target)],
        statuses=lambda: statuses_in(log, level),
        logs=(log,),
        environment={"MAIL_CONFIG": str(spool.path / "conf")},
    )


def level_of(target: Target) -> str:
    """Return smtp_tls_security_level. DANE uses no certificate authority, and falls back to opportunistic TLS."""
    return "dane" if Policy.DANE in target.policies else _LEVELS[target.tls]


def settings(root: Path, target: Target) -> dict[str, str]:
    """Return main.cf (postconf(5))."""
    parameters = {
        "compatibility_level": "3.6",
        "queue_directory": str(root / "queue"),
        "data_directory": str(root / "data"),
        "daemon_directory": str(_DAEMONS),
        "command_directory": "/usr/sbin",
        "maillog_file": str(root / "log/mail.log"),
        "maillog_file_prefixes": str(root / "log"),
        "myhostname": HELLO_NAME,
        # Bounces go to the sender, a local user, and are discarded.
        "mydestination": HELLO_NAME,
        "local_transport": "discard:",
        "local_recipient_maps": "",
        "alias_maps": "",
        "alias_database": "",
        "inet_protocols": "all",
        # Otherwise addresses, and hosts of the same preference, come in random order.
        "smtp_address_preference": "ipv6",
        "smtp_randomize_addresses": "no",
        "smtp_per_request_deadline": "yes",
        "smtp_tls_security_level": level_of(target),
        "smtp_tls_CAfile": str(target.ca_file),
    }
    if target.route is Route.SMART_HOST:
        parameters["relayhost"] = f"[{target.smart_host}]"
    if Policy.DANE in target.policies:
        parameters["smtp_dns_support_level"] = "dnssec"
    command = f"{ceil(target.limits.command_s)}s"
    parameters["smtp_connect_timeout"] = f"{ceil(target.limits.connect_s)}s"
    stages = ("helo", "starttls", "mail", "rcpt", "data_init", "data_xfer", "data_done", "rset", "quit")
    return parameters | {f"smtp_{stage}_timeout": command for stage in stages}


def _version(agent: InstalledAgent) -> str | None:
    shown = probe([_POSTCONF, "-dh", "mail_version"])
    return (shown.output.strip() or "of unknown version") if shown.error is None else None


ADAPTER = agent_adapter(
    "postfix",
    "Postfix",
    "the whole mail transfer agent, with its own queue",
    prepare=_prepare,
    programs=[f"{_DAEMONS}/master"],
    version=_version,
    how_to_install="apt-get install postfix, and choose 'No configuration'",
)
