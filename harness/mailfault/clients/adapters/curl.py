"""`curl`: the command-line tool, to a smart host.

curl looks up no MX. On loopback it takes no resolver either, so the adapter looks the smart host up for it. Its exit
status and the dialogue that -v prints are read through curl.toml.
"""

import re
from dataclasses import replace
from pathlib import Path

from mailfault.clients.client_profile import ClientProfile
from mailfault.clients.library.exception_answer import partly_refused
from mailfault.clients.library.mail_hosts import HELLO_NAME
from mailfault.clients.process.probe import Lack
from mailfault.clients.process.program_client import Invocation, program_adapter
from mailfault.clients.process.run_program import Finished
from mailfault.contract import Answer, Answered, Crashed, DeliveryResult, Server, Target, TlsPolicy
from mailfault_servers.smtp.reply import SmtpReply

_CONNECTED = re.compile(r"^\* Connected to (?P<name>\S+) \((?P<address>[^)]+)\) port", re.MULTILINE)
_REPLY = re.compile(r"(?:^< \d{3}-[^\n]*\n(?:[{}][^\n]*\n)*)+< \d{3}[^\n]*$", re.MULTILINE)
"""A reply of several lines, as -v prints it."""
_REFUSED_RECIPIENT = re.compile(
    r"^> RCPT TO:<(?P<recipient>[^>]*)>[^\n]*\n(?:[*{}][^\n]*\n)*< (?P<code>[45]\d\d)[ -](?P<words>[^\r\n]*)",
    re.MULTILINE,
)


def invoke(invocation: Invocation) -> list[str]:
    """Return the command. curl sends a file as it is, so it gets the message with CRLF."""
    message = invocation.folder / "crlf.eml"
    message.write_bytes(invocation.target.message)
    return ["curl", *arguments(invocation.target, invocation.addresses, message)]


def arguments(target: Target, addresses: tuple[str, ...], message: Path) -> list[str]:
    """Return curl's arguments for one delivery (curl(1))."""
    limits, host = target.limits, target.smart_host
    options = ["--disable", "--verbose", "--silent", "--show-error", "--noproxy", "*"]
    options += ["--url", f"smtp://{host}:{target.smtp_port}/{HELLO_NAME}"]
    options += ["--resolve", f"{host}:{target.smtp_port}:{','.join(addresses)}"] if addresses else []
    # One limit for connection, greeting, EHLO and STARTTLS together, one for the whole: curl has none for a reply.
    options += ["--connect-timeout", f"{limits.connect_s + limits.command_s:.3f}"]
    options += ["--max-time", f"{limits.connect_s + 3 * limits.command_s:.3f}"]
    options += ["--mail-from", target.sender]
    for recipient in target.recipients:
        options += ["--mail-rcpt", recipient]
    if len(target.recipients) > 1:
        options += ["--mail-rcpt-allowfails"]
    options += ["--upload-file", str(message)]
    match target.tls:
        case TlsPolicy.NONE:
            pass
        case TlsPolicy.OPPORTUNISTIC:
            options += ["--ssl", "--insecure"]
        case TlsPolicy.REQUIRED:
            options += ["--ssl-reqd", "--insecure"]
        case TlsPolicy.VERIFIED:
            options += ["--ssl-reqd", "--cacert", str(target.ca_file)]
            options += ["--crlfile", str(target.crl_file)] if target.crl_file is not None else []
    return options


def read(profile: ClientProfile, finished: Finished, target: Target) -> DeliveryResult:
    """Read exit status and dialogue. With two recipients, each has its own reply."""
    assert finished.status is not None
    dialogue = _REPLY.sub(_on_one_line, finished.stderr.replace("\r\n", "\n"))
    refused = {
        found["recipient"]: (int(found["code"]), found["words"]) for found in _REFUSED_RECIPIENT.finditer(dialogue)
    }
    connected = _CONNECTED.search(dialogue)
    server = Server(name=connected["name"], address=connected["address"]) if connected is not None else None
    if finished.status == 0:
        return Answered(partly_refused(target.recipients, refused, server=server))
    answer = profile.read(finished.status, dialogue)
    if answer is None:
        return Crashed(f"curl.toml has no rule for this: {finished.describe()}")
    if len(refused) == len(target.recipients) > 1:
        answer = replace(answer, recipients=partly_refused(target.recipients, refused, server=server).recipients)
    return Answered(replace(answer, server=server, text=_error_line(answer, dialogue)))


def _on_one_line(reply: re.Match[str]) -> str:
    """Join the lines of a reply: rules of the profile match one line."""
    try:
        return f"< {SmtpReply.parse(reply[0].replace('< ', ''))}"
    except ValueError:
        return reply[0]


def _error_line(answer: Answer, dialogue: str) -> str | None:
    """Return curl's own error ("curl: (7) Failed to connect ...") in place of the dialogue, if it printed one."""
    lines = [line for line in dialogue.splitlines() if line.startswith("curl: (")]
    return lines[-1] if lines else answer.text


ADAPTER = program_adapter(
    "curl",
    "the command-line tool, to a smart host",
    arguments=invoke,
    read=read,
    version=r"^curl (\S+)",
    lacks=[
        Lack(pattern=r"^Protocols:.* smtp\b", missing="SMTP in this build", absent=True),
        Lack(pattern=r"^Features:.* SSL\b", missing="TLS in this build", absent=True),
    ],
    how_to_install="apt-get install curl, or your system's own package",
)
