"""`sendmail`: Sendmail with its own queue, one delivery in the foreground (-odi).

What it logs to syslog(3), and prints with -v, is read through sendmail.toml.
"""

import re
import shlex
from collections.abc import Iterable
from math import ceil

from mailfault.clients.library.mail_hosts import HELLO_NAME
from mailfault.clients.process.mta.agent import AgentSetup, RecipientStatus, agent_adapter
from mailfault.clients.process.mta.installed import InstalledAgent, package_version
from mailfault.clients.process.mta.log_escapes import unescape_log
from mailfault.clients.process.mta.overlay_root import in_overlay_root
from mailfault.clients.process.mta.spool import Spool
from mailfault.clients.process.mta.syslog import Syslog
from mailfault.contract import Outcome, Route, Server, Target, TlsPolicy

_PROGRAM = "/usr/libexec/sendmail/sendmail"
_FOLDER = "/etc/mail"
_QUEUE = "/var/spool/mqueue"
_FINISHED = "-- over --"
"""Printed when the program has ended. Before that, a recipient is logged as deferred at each host that is tried."""
_DELIVERY = re.compile(
    r"sendmail\[\d+\]: \w+: to=(?P<recipients>\S+?), .*?"
    r"(?:relay=(?P<relay>[^,\[ ]*|\[[^\]]*\])(?: \[(?P<address>[^\]]+)\])?, )?"
    r"(?P<facts>dsn=(?P<dsn>[\d.]+), .*?stat=(?P<stat>.*))$"
)
_REASON = re.compile(
    r"sendmail\[\d+\]: (?:\w+: )?(?P<words>(?:STARTTLS=client, error: connect failed"
    r"|timeout waiting for input from (?!.* Draining Input)|\S+ SMTP \S+ protocol error).*)$"
)
_FIRST_LINE = re.compile(r"\breply=(\d\d\d-.*?), stat=")
_CONNECTING = "... Connecting to "
_COMMAND = re.compile(r"^>>> (?!QUIT|RSET)(\w+)", re.MULTILINE)


def statuses_in(lines: Iterable[str], shown: str) -> dict[str, RecipientStatus]:
    """Return the status of each recipient once Sendmail has ended, from syslog(3), and its stdout (`shown`)."""
    if _FINISHED not in shown:
        return {}
    reasons: list[str] = []
    statuses: dict[str, RecipientStatus] = {}
    for line in lines:
        if reason := _REASON.search(line):
            reasons.append(reason["words"])
        elif (found := _DELIVERY.search(line)) and found["stat"] != "queued":  # logged before any delivery
            status = RecipientStatus(
                outcome=_outcome(found["stat"]),
                facts=" | ".join((_facts(found, shown), *reasons[-1:])),
                text=found["stat"],
                server=_server(found),
            )
            statuses |= {address.strip("<>").lower(): status for address in found["recipients"].split(",")}
    return statuses


def _facts(found: re.Match[str], shown: str) -> str:
    """Return the last command before QUIT, and the logged line.

    Sendmail logs only the first line of a reply; it is replaced by the whole reply from `shown`.
    """
    facts = unescape_log(found["facts"])
    sessions = [session for session in shown.split(_CONNECTING) if session.startswith(f"{found['relay']} ")]
    if first := _FIRST_LINE.search(facts):
        whole = re.compile(rf"^{re.escape(first[1])}.*\n(?:\d\d\d-.*\n)*\d\d\d .*$", re.MULTILINE)
        replies = [reply[0] for reply in map(whole.search, sessions) if reply]
        facts = facts.replace(first[1], replies[0] if replies else first[1], 1)
    commands = _COMMAND.findall(sessions[-1]) if sessions else []
    return f"after={commands[-1] if commands else 'connect'} {facts}"


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
    # As the stock rules always do: no mail after a failed handshake.
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
    """Return sendmail.cf (Sendmail Installation and Operation Guide).

    It is written by hand: the package with the program has neither m4 nor the macros, whose output is mostly about
    incoming mail. The checks of TLS use the words of the stock rules.
    """
    by_smart_host = target.route is Route.SMART_HOST
    parts = [
        f"V10/Berkeley\nDj{HELLO_NAME}\nCw{HELLO_NAME} localhost\nC{{Verified}}OK TRUSTED\nTroot\nKarith arith\n",
        "".join(f"O {name}={value}\n" for name, value in options(target).items()),
        # Bounces go to the sender, a local user, and are discarded.
        _ADDRESSES.format(host=f"[{target.smart_host}]" if by_smart_host else "$2"),
        _ruleset("try_tls", _NEVER if target.tls is TlsPolicy.NONE else ()),
        _ruleset("tls_server", _checks(target)),
        _MAILERS.format(port=target.smtp_port),
        _HEADERS,
    ]
    return "\n".join(parts)


def options(target: Target) -> dict[str, str]:
    """Return the options of sendmail.cf."""
    command, connect = f"{ceil(target.limits.command_s)}s", f"{ceil(target.limits.connect_s)}s"
    settings = {
        "QueueDirectory": _QUEUE,
        "PidFile": f"{_QUEUE}/pid",
        "LogLevel": "14",
        "DeliveryMode": "interactive",
        "DoubleBounceAddress": "",
        # The file is read only if there is a folder, too (tls.c, inittls()).
        "CACertPath": f"{_FOLDER}/authorities",
        "CACertFile": f"{_FOLDER}/authority.pem",
        "SetCertAltnames": "True",
        "TLSFallbacktoClear": str(target.tls is TlsPolicy.OPPORTUNISTIC),
        "ResolverOptions": "+WorkAroundBrokenAAAA",  # as Debian has it
        # Deliver even if this machine is busy.
        "QueueLA": "10000",
        "RefuseLA": "10000",
    }
    settings |= {"CRLFile": f"{_FOLDER}/revoked.pem"} if target.crl_file is not None else {}
    settings |= {f"Timeout.{stage}": connect for stage in ("connect", "iconnect")}
    return settings | {f"Timeout.{stage}": command for stage in _STAGES}


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


def _prepare(agent: InstalledAgent, spool: Spool, target: Target) -> AgentSetup:
    spool.folder(f"layer{_FOLDER}/authorities")
    spool.file(f"layer{_FOLDER}/sendmail.cf", settings(target))
    spool.file(f"layer{_FOLDER}/authority.pem", target.ca_file.read_bytes())
    if target.crl_file is not None:
        spool.file(f"layer{_FOLDER}/revoked.pem", target.crl_file.read_bytes())
    spool.folder(f"layer{_QUEUE}", mode=0o700, owner=0)  # fails for a user who is not root
    spool.file("message", target.message.replace(b"\r\n", b"\n"))
    syslog, shown = Syslog(spool.path), spool.path / "output"
    hand_in = [_PROGRAM, "-Am", "-v", "-i", "-odi", "-f", target.sender, "--", *target.recipients]
    return AgentSetup(
        command=in_overlay_root(
            [*agent.layers, spool.path / "layer"],
            ["sh", "-c", f"{shlex.join(hand_in)}; echo {_FINISHED}"],
            spool=spool.path,
            stdin=spool.path / "message",
        ),
        statuses=lambda: statuses_in(syslog.lines(), shown.read_text("utf-8", "backslashreplace")),
        close=syslog.close,
    )


ADAPTER = agent_adapter(
    "sendmail",
    "Sendmail",
    "the mail transfer agent, one delivery in the foreground",
    prepare=_prepare,
    programs=[_PROGRAM],
    version=lambda agent: package_version(agent, "sendmail-bin"),
)
