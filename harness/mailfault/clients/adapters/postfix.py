"""`postfix`: a whole Postfix with a queue of its own, from its sendmail(1) to its first delivery attempt. What became
of the message is read from its log, status and text, through postfix.toml."""

import functools
import re
import shlex
import shutil
import subprocess
from math import ceil
from pathlib import Path

from mailfault.clients.adapter import Adapter
from mailfault.clients.client import Client
from mailfault.clients.client_profile import ClientProfile, shipped_profile
from mailfault.clients.errors import ClientError
from mailfault.clients.library.mail_hosts import HELLO_NAME
from mailfault.clients.process.mta.agent import AgentClient, Laid, Said, lines_of
from mailfault.clients.process.mta.spool import Spool
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
"""Users who are not root seldom have that folder in their PATH."""
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


def said_in(log: Path, level: str) -> dict[str, Said]:
    """The log's last status of each recipient."""
    return {found["recipient"].lower(): _said(found, level) for found in lines_of(log, _STATUS)}


def _said(found: re.Match[str], level: str) -> Said:
    relay = _RELAY.match(found["relay"])
    return Said(
        outcome=_OUTCOMES[found["status"]],
        told=f"level={level} dsn={found['dsn']} status={found['status']} {found['text']}",
        text=found["text"],
        server=Server(name=relay["name"], address=relay["address"]) if relay is not None else None,
    )


def _start_script(root: Path, target: Target) -> str:
    """Start the daemons, hand in the message, and stay: the daemons are no children of the shell."""
    conf = shlex.quote(str(root / "conf"))
    recipients = " ".join(shlex.quote(one) for one in target.recipients)
    message = shlex.quote(str(root / "message"))
    return (
        f"{_DAEMONS}/master -w -c {conf} && "
        f"{_SENDMAIL} -C {conf} -i -f {shlex.quote(target.sender)} -- {recipients} < {message} && "
        "exec sleep 86400"
    )


def _lay_out(spool: Spool, target: Target) -> Laid:
    """The queue, the configuration and the message. Raises OSError, KeyError."""
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
    return Laid(
        command=["sh", "-c", _start_script(spool.path, target)],
        said=lambda: said_in(log, level),
        words=(log,),
        environment={"MAIL_CONFIG": str(spool.path / "conf")},
    )


def level_of(target: Target) -> str:
    """smtp_tls_security_level: DANE goes without certificates of authorities, and falls back to opportunistic TLS."""
    return "dane" if Policy.DANE in target.policies else _LEVELS[target.tls]


def settings(root: Path, target: Target) -> dict[str, str]:
    """main.cf, as postconf(5) has it."""
    told = {
        "compatibility_level": "3.6",
        "queue_directory": str(root / "queue"),
        "data_directory": str(root / "data"),
        "daemon_directory": str(_DAEMONS),
        "command_directory": "/usr/sbin",
        "maillog_file": str(root / "log/mail.log"),
        "maillog_file_prefixes": str(root / "log"),
        "myhostname": HELLO_NAME,
        # Bounces go to the sender, who is local; nothing is done with them.
        "mydestination": HELLO_NAME,
        "local_transport": "discard:",
        "local_recipient_maps": "",
        "alias_maps": "",
        "alias_database": "",
        "inet_protocols": "all",
        # Chance decides otherwise between addresses, and between hosts of one preference.
        "smtp_address_preference": "ipv6",
        "smtp_randomize_addresses": "no",
        "smtp_per_request_deadline": "yes",
        "smtp_tls_security_level": level_of(target),
        "smtp_tls_CAfile": str(target.ca_file),
    }
    if target.route is Route.SMART_HOST:
        told["relayhost"] = f"[{target.smart_host}]"
    if Policy.DANE in target.policies:
        told["smtp_dns_support_level"] = "dnssec"
    command = f"{ceil(target.limits.command_s)}s"
    told["smtp_connect_timeout"] = f"{ceil(target.limits.connect_s)}s"
    stages = ("helo", "starttls", "mail", "rcpt", "data_init", "data_xfer", "data_done", "rset", "quit")
    return told | {f"smtp_{stage}_timeout": command for stage in stages}


@functools.cache
def _version() -> str | None:
    if not (_DAEMONS / "master").exists() or shutil.which(_POSTCONF) is None:
        return None
    try:
        done = subprocess.run([_POSTCONF, "-dh", "mail_version"], capture_output=True, text=True, timeout=10)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip() or "of unknown version"


def _open(what: str, profile: ClientProfile | None) -> Client:
    version = _version()
    if version is None:
        raise ClientError(f"--client postfix: Postfix is not installed; {_INSTALL}")
    profile = profile if profile is not None else shipped_profile("postfix", outcomes_known=True)
    return AgentClient("postfix", f"Postfix {version}", profile=profile, lay_out=_lay_out)


_INSTALL = "apt-get install postfix, and choose 'No configuration'"

ADAPTER = Adapter(
    name="postfix",
    what="the whole mail transfer agent, with a queue of its own",
    open=_open,
    version=_version,
    how_to_install=_INSTALL,
)
