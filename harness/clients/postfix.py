"""`postfix`: a whole Postfix with a queue of its own, from its sendmail(1) to its first delivery attempt. What became
of the message is read from its log, status and text, through postfix.toml."""

import functools
import re
import shlex
import shutil
import subprocess
from dataclasses import replace
from math import ceil
from pathlib import Path

from harness.clients.client import Adapter, Client, ClientError
from harness.clients.client_profile import ClientProfile, shipped_profile
from harness.clients.command import clean_environment
from harness.clients.mail_hosts import HELLO_NAME, check_known
from harness.clients.mta.spool import Spool
from harness.clients.mta.watch import run_until
from harness.clients.recipients import whole_of
from harness.contract import (
    Answer,
    Answered,
    Crashed,
    Declined,
    Ended,
    Hung,
    Outcome,
    Policy,
    Route,
    Server,
    Target,
    TlsPolicy,
    Unsupported,
)

_DAEMONS = Path("/usr/lib/postfix/sbin")
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


class PostfixClient:
    """Postfix, started anew for each delivery."""

    needs_sandbox = True

    def __init__(self, program: str, version: str, *, profile: ClientProfile) -> None:
        """`program` is its sendmail(1)."""
        self.spec = "postfix"
        self.name = f"Postfix {version}"
        self._sendmail = program
        self._profile = profile

    def supports(self, scenario_id: str, target: Target) -> str | None:
        return self._profile.why_not(scenario_id, target)

    def deliver(self, target: Target, *, deadline_s: float) -> Ended:
        try:
            check_known(target)
        except Unsupported as refusal:
            return Declined(str(refusal))
        assert target.place is not None, "it needs the sandbox, and says so"
        with Spool("postfix") as spool:
            try:
                log = _lay_out(spool, target)
            except (OSError, KeyError) as error:
                return Declined(f"Postfix needs root, and its users postfix and postdrop: {error}")
            output = spool.path / "output"
            statuses, in_time = run_until(
                ["sh", "-c", _start_script(spool.path, target, self._sendmail)],
                lambda: _said_for_all(log, target.recipients),
                place=target.place,
                environment=clean_environment() | {"LC_ALL": "C", "MAIL_CONFIG": str(spool.path / "conf")},
                output=output,
                deadline_s=deadline_s,
            )
            if statuses is None and not in_time:
                return Hung(deadline_s)
            if statuses is None:
                words = (log.read_text("utf-8", "replace") if log.is_file() else "") + output.read_text(
                    "utf-8", "replace"
                )
                return Crashed(f"Postfix did not come to a delivery: {' / '.join(words.splitlines()[-5:])}")
            return self._read(statuses, level_of(target))

    def close(self) -> None:
        pass

    def _read(self, statuses: dict[str, re.Match[str]], level: str) -> Ended:
        each: dict[str, Answer] = {}
        for recipient, found in statuses.items():
            told = f"level={level} dsn={found['dsn']} status={found['status']} {found['text']}"
            outcome = _OUTCOMES[found["status"]]
            relay = _RELAY.match(found["relay"])
            server = Server(name=relay["name"], address=relay["address"]) if relay is not None else None
            if outcome is Outcome.DELIVERED:
                each[recipient] = Answer(outcome=outcome, server=server)
                continue
            answer = self._profile.read(0, told, outcome=outcome)
            if answer is None:
                return Crashed(f"postfix.toml has no rule for this: {told}")
            each[recipient] = replace(answer, text=found["text"], server=answer.server or server)
        return Answered(whole_of(each))


def _said_for_all(log: Path, recipients: tuple[str, ...]) -> dict[str, re.Match[str]] | None:
    """The log's last status of each recipient, once it has one for all of them."""
    try:
        text = log.read_text("utf-8", "backslashreplace")
    except OSError:
        return None
    if not text.endswith("\n"):
        return None
    statuses = {found["recipient"].lower(): found for found in _STATUS.finditer(text)}
    if not all(one.lower() in statuses for one in recipients):
        return None
    return {one: statuses[one.lower()] for one in recipients}


def _start_script(root: Path, target: Target, sendmail: str) -> str:
    """Start the daemons, hand in the message, and stay: the daemons are no children of the shell."""
    conf = shlex.quote(str(root / "conf"))
    recipients = " ".join(shlex.quote(one) for one in target.recipients)
    message = shlex.quote(str(root / "message"))
    return (
        f"{_DAEMONS}/master -w -c {conf} && "
        f"{shlex.quote(sendmail)} -C {conf} -i -f {shlex.quote(target.sender)} -- {recipients} < {message} && "
        "exec sleep 86400"
    )


def _lay_out(spool: Spool, target: Target) -> Path:
    """The queue, the configuration and the message; returns where the log will be. Raises OSError, KeyError."""
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
    return spool.path / "log/mail.log"


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
    version, sendmail = _version(), "/usr/sbin/sendmail"
    if version is None:
        raise ClientError(f"--client postfix: Postfix is not installed; {_INSTALL}")
    return PostfixClient(
        sendmail, version, profile=profile if profile is not None else shipped_profile("postfix", outcomes_known=True)
    )


_INSTALL = "apt-get install postfix, and choose 'No configuration'"

ADAPTER = Adapter(
    name="postfix",
    what="the whole mail transfer agent, with a queue of its own",
    open=_open,
    version=_version,
    how_to_install=_INSTALL,
)
