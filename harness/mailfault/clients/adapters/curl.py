"""`curl`: the command-line tool, sending to a smart host. Its exit status and the dialogue that -v prints are read
through curl.toml.

curl looks no MX up. In the sandbox it looks the smart host up itself; on loopback it cannot be told which name server
to ask, so the address is looked up here.
"""

import functools
import re
import shutil
import subprocess
import tempfile
from dataclasses import replace
from pathlib import Path

import dns.exception

from mailfault.classify.classified import LOOKUP
from mailfault.clients.adapter import Adapter
from mailfault.clients.adapters.command import clean_environment
from mailfault.clients.client import Client
from mailfault.clients.client_profile import ClientProfile, shipped_profile
from mailfault.clients.errors import ClientError
from mailfault.clients.library.exception_answer import answer_from, partly_refused
from mailfault.clients.library.mail_hosts import HELLO_NAME, addresses_of, check_known
from mailfault.clients.placement import Placement
from mailfault.clients.process.run_program import Finished, run_program
from mailfault.contract import (
    Answer,
    Answered,
    Crashed,
    Declined,
    DeliveryResult,
    Hung,
    Route,
    Server,
    Target,
    TlsPolicy,
    Unsupported,
)
from mailfault_servers.smtp.reply import SmtpReply

_INSTALL = "install curl from your system's packages (apt-get install curl)"
_CONNECTED = re.compile(r"^\* Connected to (?P<name>\S+) \((?P<address>[^)]+)\) port", re.MULTILINE)
_REPLY = re.compile(r"(?:^< \d{3}-[^\n]*\n(?:[{}][^\n]*\n)*)+< \d{3}[^\n]*$", re.MULTILINE)
"""A reply of several lines, as -v prints it."""
_REFUSED_RECIPIENT = re.compile(
    r"^> RCPT TO:<(?P<recipient>[^>]*)>[^\n]*\n(?:[*{}][^\n]*\n)*< (?P<code>[45]\d\d)[ -](?P<words>[^\r\n]*)",
    re.MULTILINE,
)


class CurlClient:
    """curl, one process a delivery."""

    where = Placement.PROGRAM

    def __init__(self, program: str, *, profile: ClientProfile) -> None:
        self.spec = "curl"
        self._program = program
        self._profile = profile
        self.name = f"curl {_version_of(program) or 'of unknown version'}"

    def supports(self, scenario_id: str, target: Target) -> str | None:
        return self._profile.why_not(scenario_id, target)

    def deliver(self, target: Target, *, deadline_s: float) -> DeliveryResult:
        try:
            check_known(target)
            if target.route is not Route.SMART_HOST or target.smart_host is None:
                raise Unsupported("curl looks no MX up")
            addresses = addresses_of(target, target.smart_host) if target.launcher is None else ()
        except Unsupported as refusal:
            return Declined(str(refusal))
        except dns.exception.DNSException as error:
            answer = answer_from(error, stage=LOOKUP)
            return Answered(answer) if answer is not None else Crashed(f"{type(error).__name__}: {error}")
        with tempfile.TemporaryDirectory(prefix="mailfault-curl-") as name:
            folder = Path(name)
            message = folder / "message.eml"
            message.write_bytes(target.message)
            finished = run_program(
                [self._program, *arguments(target, target.smart_host, addresses, message)],
                environment=clean_environment() | {"LC_ALL": "C"},
                folder=folder,
                deadline_s=deadline_s,
                launcher=target.launcher,
            )
        return Hung(deadline_s) if finished.status is None else self._read(finished, target)

    def close(self) -> None:
        pass

    def _read(self, finished: Finished, target: Target) -> DeliveryResult:
        assert finished.status is not None
        dialogue = _REPLY.sub(_on_one_line, finished.stderr.replace("\r\n", "\n"))
        refused = {
            found["recipient"]: (int(found["code"]), found["words"]) for found in _REFUSED_RECIPIENT.finditer(dialogue)
        }
        connected = _CONNECTED.search(dialogue)
        server = Server(name=connected["name"], address=connected["address"]) if connected is not None else None
        if finished.status == 0:
            return Answered(partly_refused(target.recipients, refused, server=server))
        answer = self._profile.read(finished.status, dialogue)
        if answer is None:
            return Crashed(f"curl.toml has no rule for this: {finished.describe()}")
        if len(refused) == len(target.recipients) > 1:
            answer = replace(answer, recipients=partly_refused(target.recipients, refused, server=server).recipients)
        return Answered(replace(answer, server=server, text=_own_words(answer, dialogue)))


def arguments(target: Target, name: str, addresses: tuple[str, ...], message: Path) -> list[str]:
    """What curl is told, as its manual has it."""
    limits = target.limits
    told = ["--disable", "--verbose", "--silent", "--show-error", "--noproxy", "*"]
    told += ["--url", f"smtp://{name}:{target.smtp_port}/{HELLO_NAME}"]
    told += ["--resolve", f"{name}:{target.smtp_port}:{','.join(addresses)}"] if addresses else []
    # One limit for the connection with greeting, EHLO and STARTTLS, one for all together: curl has none for a reply.
    told += ["--connect-timeout", f"{limits.connect_s + limits.command_s:.3f}"]
    told += ["--max-time", f"{limits.connect_s + 3 * limits.command_s:.3f}"]
    told += ["--mail-from", target.sender]
    for recipient in target.recipients:
        told += ["--mail-rcpt", recipient]
    if len(target.recipients) > 1:
        told += ["--mail-rcpt-allowfails"]
    told += ["--upload-file", str(message)]
    match target.tls:
        case TlsPolicy.NONE:
            pass
        case TlsPolicy.OPPORTUNISTIC:
            told += ["--ssl", "--insecure"]
        case TlsPolicy.REQUIRED:
            told += ["--ssl-reqd", "--insecure"]
        case TlsPolicy.VERIFIED:
            told += ["--ssl-reqd", "--cacert", str(target.ca_file)]
            told += ["--crlfile", str(target.crl_file)] if target.crl_file is not None else []
    return told


def _on_one_line(reply: re.Match[str]) -> str:
    """A reply of several lines as one: all of its words count, and rules are written for one line."""
    try:
        return f"< {SmtpReply.parse(reply[0].replace('< ', ''))}"
    except ValueError:
        return reply[0]


def _own_words(answer: Answer, dialogue: str) -> str | None:
    """curl's own error ("curl: (7) Failed to connect ...") rather than the whole dialogue."""
    words = [line for line in dialogue.splitlines() if line.startswith("curl: (")]
    return words[-1] if words else answer.text


@functools.cache
def _version_of(program: str) -> str | None:
    try:
        shown = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=10, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    found = re.match(r"curl (\S+)", shown)
    return found[1] if found is not None else None


def _version() -> str | None:
    program = shutil.which("curl")
    return _version_of(program) if program is not None else None


def _open(what: str, profile: ClientProfile | None) -> Client:
    program = shutil.which("curl")
    if program is None:
        raise ClientError(f"--client curl: there is no program 'curl' on the PATH; {_INSTALL}")
    return CurlClient(program, profile=profile if profile is not None else shipped_profile("curl"))


ADAPTER = Adapter(
    name="curl",
    what="the command-line tool, to a smart host",
    open=_open,
    version=_version,
    how_to_install=_INSTALL,
)
