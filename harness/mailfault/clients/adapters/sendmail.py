"""`sendmail`: Sendmail with a queue of its own, one delivery in the foreground (-odi). What became of the message is
read from what it tells syslog(3), through sendmail.toml."""

import functools
import re
import shlex
from collections.abc import Iterable
from math import ceil

from mailfault.clients.adapter import Adapter
from mailfault.clients.client import Client
from mailfault.clients.client_profile import ClientProfile, shipped_profile
from mailfault.clients.errors import ClientError
from mailfault.clients.library.mail_hosts import HELLO_NAME
from mailfault.clients.process.mta.agent import AgentClient, Laid, Said
from mailfault.clients.process.mta.escaped import unescaped
from mailfault.clients.process.mta.installed import Found, find, package_version, unpacking
from mailfault.clients.process.mta.machine import on_a_machine_with
from mailfault.clients.process.mta.spool import Spool
from mailfault.clients.process.mta.syslog import Syslog
from mailfault.contract import Outcome, Route, Server, Target, TlsPolicy

_PROGRAM = "/usr/libexec/sendmail/sendmail"
_FOLDER = "/etc/mail"
_QUEUE = "/var/spool/mqueue"
_OVER = "-- over --"
"""Printed when the program is over: it logs a recipient as deferred at each host that it tries."""
_DELIVERY = re.compile(
    r"sendmail\[\d+\]: \w+: to=(?P<recipients>\S+?), .*?"
    r"(?:relay=(?P<relay>[^,\[ ]*|\[[^\]]*\])(?: \[(?P<address>[^\]]+)\])?, )?"
    r"(?P<told>dsn=(?P<dsn>[\d.]+), .*?stat=(?P<stat>.*))$"
)
_REASON = re.compile(
    r"sendmail\[\d+\]: (?:\w+: )?(?P<words>(?:STARTTLS=client, error: connect failed"
    r"|timeout waiting for input from (?!.* Draining Input)|\S+ SMTP \S+ protocol error).*)$"
)
_FIRST_LINE = re.compile(r"\breply=(\d\d\d-.*?), stat=")
_CONNECTING = "... Connecting to "
_COMMAND = re.compile(r"^>>> (?!QUIT|RSET)(\w+)", re.MULTILINE)


def said_in(lines: Iterable[str], shown: str) -> dict[str, Said]:
    """What it said of each recipient, once it is over: from what it told syslog(3), and has `shown` because of -v."""
    if _OVER not in shown:
        return {}
    reasons: list[str] = []
    said: dict[str, Said] = {}
    for line in lines:
        if reason := _REASON.search(line):
            reasons.append(reason["words"])
        elif (found := _DELIVERY.search(line)) and found["stat"] != "queued":  # that is said before any delivery
            told = " | ".join((_told(found, shown), *reasons[-1:]))
            its = Said(outcome=_outcome(found["stat"]), told=told, text=found["stat"], server=_server(found))
            said |= {one.strip("<>").lower(): its for one in found["recipients"].split(",")}
    return said


def _told(found: re.Match[str], shown: str) -> str:
    """What it said last to the host before QUIT, and what it logged; of a reply, of which it logs the first line alone,
    all that was shown."""
    told = unescaped(found["told"])
    sessions = [one for one in shown.split(_CONNECTING) if one.startswith(f"{found['relay']} ")]
    if first := _FIRST_LINE.search(told):
        whole = re.compile(rf"^{re.escape(first[1])}.*\n(?:\d\d\d-.*\n)*\d\d\d .*$", re.MULTILINE)
        told = told.replace(first[1], next((one[0] for one in map(whole.search, sessions) if one), first[1]), 1)
    commands = _COMMAND.findall(sessions[-1]) if sessions else []
    return f"after={commands[-1] if commands else 'connect'} {told}"


def _outcome(stat: str) -> Outcome:
    if stat.startswith("Sent"):
        return Outcome.DELIVERED
    return Outcome.DEFERRED if stat.startswith("Deferred") else Outcome.FAILED


def _server(found: re.Match[str]) -> Server | None:
    if found["relay"] is None:
        return None
    return Server(name=found["relay"].strip("[] ").rstrip(".") or None, address=found["address"])


_NEVER = (("R$*", '$#error $@ 5.7.1 $: "550 do not try TLS"'),)
_HANDSHAKE = (
    # What the stock rules do in any case: no mail after a handshake that failed.
    ("RSOFTWARE", '$#error $@ 4.7.0 $: "454 4.7.0 TLS handshake failed."'),
    ("RPROTOCOL", '$#error $@ 4.7.0 $: "454 4.7.0 STARTTLS failed."'),
    ("RCONFIG", '$#error $@ 4.7.0 $: "454 4.7.0 STARTTLS temporarily not possible."'),
)
_ENCRYPTED = (
    # "TLS_Srv: ENCR:1" of the stock rules
    ("R$*", "$: $(arith l $@ $&{cipher_bits} $@ 1 $)"),
    ("RTRUE", '$#error $@ 4.7.0 $: "403 4.7.0 encryption too weak 0 less than 1"'),
)
_VERIFIED = (
    # "TLS_Srv: VERIFY+CN" of the stock rules, with FEATURE(`check_cert_altnames')
    ("RNONE", '$#error $@ 4.7.0 $: "403 4.7.0 other side does not support STARTTLS"'),
    ("RNO", '$#error $@ 4.7.0 $: "403 4.7.0 not authenticated"'),
    ("RFAIL", '$#error $@ 4.7.0 $: "403 4.7.0 authentication failed"'),
    ("R$={Verified}", "$: < $&{server_name} >"),
    ("R< $={cert_altnames} >", "$@ OK"),
    ("R< $-.$+ >", "$: < $1.$2 > *.$2"),
    ("R< $* > $={cert_altnames}", "$@ OK"),
    ("R< $&{cn_subject} > $*", "$@ OK"),
    ("R< $* > $*", '$#error $@ 4.7.0 $: "403 4.7.0 CN " $&{cn_subject} " does not match " $1'),
    ("R$*", '$#error $@ 4.7.0 $: "403 4.7.0 authentication failure " $1'),
)
_STAGES = ("initial", "helo", "starttls", "mail", "rcpt", "datainit", "datablock", "datafinal", "rset", "quit", "misc")
_ADDRESSES = """
Scanonify=3
R$@	$@ < @ >
R$*	$: < $1 >
R$+ < $* >	< $2 >
R< $* > $+	< $1 >
R< >	$@ < @ >
R< $+ >	$: $1
R$+ @ $+	$: $1 < @ $2 >
R$+ < $+ @ $+ >	$1 $2 < @ $3 >

Sfinal=4
R< @ >	$@
R$+ < @ $+ >	$1 @ $2

Sparse=0
R< @ >	$#local $: null
R$+ < @ $=w >	$#local $: $1
R$+ < @ $+ >	$#esmtp $@ {host} $: $1 < @ $2 >
R$+	$#local $: $1
"""
_MAILERS = """
Mesmtp, P=[IPC], F=mDFMuXa8, E=\\r\\n, L=2040, T=DNS/RFC822/SMTP, A=TCP $h {port}
Mlocal, P=/bin/true, F=lsDFMAw5:/|@qn, T=DNS/RFC822/X-Unix, A=true
Mprog, P=/bin/true, F=lsDFMoqeu9, T=X-Unix/X-Unix/X-Unix, A=true
"""
_HEADERS = """
HReceived: $?sfrom $s $.by $j ($v)$?r with $r$. id $i; $b
H?D?Date: $a
H?F?From: $g
H?M?Message-Id: <$t.$i@$j>
"""


def settings(target: Target) -> str:
    """sendmail.cf, as the Installation and Operation Guide has it.

    By hand: m4 and the macros are no part of the package that has the program, and what they make of a relay is mostly
    about mail that comes in. Checks of TLS have the words of those rules.
    """
    smart = target.route is Route.SMART_HOST
    parts = [
        f"V10/Berkeley\nDj{HELLO_NAME}\nCw{HELLO_NAME} localhost\nC{{Verified}}OK TRUSTED\nTroot\nKarith arith\n",
        "".join(f"O {name}={value}\n" for name, value in options(target).items()),
        # Bounces go to the sender, who is local; nothing is done with them.
        _ADDRESSES.format(host=f"[{target.smart_host}]" if smart else "$2"),
        _ruleset("try_tls", _NEVER if target.tls is TlsPolicy.NONE else ()),
        _ruleset("tls_server", _checks(target)),
        _MAILERS.format(port=target.smtp_port),
        _HEADERS,
    ]
    return "\n".join(parts)


def options(target: Target) -> dict[str, str]:
    """The options of sendmail.cf."""
    command, connect = f"{ceil(target.limits.command_s)}s", f"{ceil(target.limits.connect_s)}s"
    told = {
        "QueueDirectory": _QUEUE,
        "PidFile": f"{_QUEUE}/pid",
        "LogLevel": "14",
        "DeliveryMode": "interactive",
        "DoubleBounceAddress": "",
        # The file is read only where there is a folder, too (tls.c, inittls()).
        "CACertPath": f"{_FOLDER}/authorities",
        "CACertFile": f"{_FOLDER}/authority.pem",
        "SetCertAltnames": "True",
        "TLSFallbacktoClear": str(target.tls is TlsPolicy.OPPORTUNISTIC),
        "ResolverOptions": "+WorkAroundBrokenAAAA",  # as Debian has it
        # A machine that is busy does not keep it from trying.
        "QueueLA": "10000",
        "RefuseLA": "10000",
    }
    told |= {"CRLFile": f"{_FOLDER}/revoked.pem"} if target.crl_file is not None else {}
    told |= {f"Timeout.{stage}": connect for stage in ("connect", "iconnect")}
    return told | {f"Timeout.{stage}": command for stage in _STAGES}


def _checks(target: Target) -> tuple[tuple[str, str], ...]:
    match target.tls:
        case TlsPolicy.NONE | TlsPolicy.OPPORTUNISTIC:
            return _HANDSHAKE
        case TlsPolicy.REQUIRED:
            return (*_HANDSHAKE, *_ENCRYPTED)
        case TlsPolicy.VERIFIED:
            return (*_HANDSHAKE, *_VERIFIED)


def _ruleset(name: str, rules: Iterable[tuple[str, str]]) -> str:
    return "\n".join(["", f"S{name}", *(f"{left}\t{right}" for left, right in rules)])


def _lay_out(found: Found, spool: Spool, target: Target) -> Laid:
    spool.folder(f"layer{_FOLDER}/authorities")
    spool.file(f"layer{_FOLDER}/sendmail.cf", settings(target))
    spool.file(f"layer{_FOLDER}/authority.pem", target.ca_file.read_bytes())
    if target.crl_file is not None:
        spool.file(f"layer{_FOLDER}/revoked.pem", target.crl_file.read_bytes())
    spool.folder(f"layer{_QUEUE}", mode=0o700, owner=0)  # by which it is refused to who is not root
    spool.file("message", target.message.replace(b"\r\n", b"\n"))
    syslog, shown = Syslog(spool.path), spool.path / "output"
    hand_in = [_PROGRAM, "-Am", "-v", "-i", "-odi", "-f", target.sender, "--", *target.recipients]
    return Laid(
        command=on_a_machine_with(
            [*found.layers, spool.path / "layer"],
            ["sh", "-c", f"{shlex.join(hand_in)}; echo {_OVER}"],
            spool=spool.path,
            stdin=spool.path / "message",
        ),
        said=lambda: said_in(syslog.lines(), shown.read_text("utf-8", "backslashreplace")),
        close=syslog.close,
    )


def _program() -> Found | None:
    return find("sendmail", _PROGRAM)


@functools.cache
def _version() -> str | None:
    found = _program()
    return package_version(found, "sendmail-bin") if found is not None else None


def _open(what: str, profile: ClientProfile | None) -> Client:
    found = _program()
    if found is None:
        raise ClientError(f"--client sendmail: Sendmail is not installed; {_INSTALL}")
    profile = profile if profile is not None else shipped_profile("sendmail", outcomes_known=True)
    return AgentClient(
        "sendmail", f"Sendmail {_version()}", profile=profile, lay_out=functools.partial(_lay_out, found)
    )


_INSTALL = f"apt-get install sendmail, or: {unpacking('sendmail')}"

ADAPTER = Adapter(
    name="sendmail",
    what="the mail transfer agent, one delivery in the foreground",
    open=_open,
    version=_version,
    how_to_install=_INSTALL,
)
