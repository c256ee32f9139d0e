"""`swaks`: the Swiss Army Knife for SMTP. Its exit status and the dialogue that it prints are read by swaks.toml."""

import functools
import re
from dataclasses import replace
from math import ceil

from mailfault.clients.adapter import Adapter
from mailfault.clients.client import Client
from mailfault.clients.client_profile import ClientProfile, shipped_profile
from mailfault.clients.errors import ClientError
from mailfault.clients.library.mail_hosts import HELLO_NAME
from mailfault.clients.process.program_client import ProgramClient, Told, read_by_profile, version_of
from mailfault.clients.process.run_program import Finished
from mailfault.contract import DeliveryResult, Target, TlsPolicy

_INSTALL = "apt-get install swaks libnet-ssleay-perl libnet-dns-perl libio-socket-inet6-perl"
_NEXT_LINE = re.compile(r"(?<=\d\d\d-)(?P<words>[^\n]*)\n<(?:\*\*|~\*) +(?=\d\d\d[ -])")


def arguments(told: Told) -> list[str]:
    """What swaks is told, as its manual has it."""
    target = told.target
    limit_s = ceil(max(target.limits.connect_s, target.limits.command_s))
    words = ["swaks", "--server", told.host, "--port", str(target.smtp_port), "--timeout", f"{limit_s}s"]
    words += ["--helo", HELLO_NAME, "--from", target.sender, "--to", ",".join(target.recipients)]
    words += ["--data", f"@{told.message}", "--suppress-data"]
    match target.tls:
        case TlsPolicy.NONE:
            pass
        case TlsPolicy.OPPORTUNISTIC:
            words += ["--tls-optional"]
        case TlsPolicy.REQUIRED:
            words += ["--tls"]
        case TlsPolicy.VERIFIED:
            words += ["--tls", "--tls-verify", "--tls-ca-path", str(target.ca_file)]
    return words


def _read(profile: ClientProfile, finished: Finished, target: Target) -> DeliveryResult:
    """A reply of several lines, each of which is marked, as the server said it."""
    return read_by_profile(profile, replace(finished, stdout=_NEXT_LINE.sub(r"\g<words>\n", finished.stdout)), target)


@functools.cache
def _version() -> str | None:
    return version_of("swaks", r"version (\S+)")


def _open(what: str, profile: ClientProfile | None) -> Client:
    version = _version()
    if version is None:
        raise ClientError(f"--client swaks: there is no program 'swaks' on the PATH; {_INSTALL}")
    profile = profile if profile is not None else shipped_profile("swaks")
    return ProgramClient("swaks", f"swaks {version}", profile=profile, arguments=arguments, read=_read)


ADAPTER = Adapter(
    name="swaks",
    what="the Swiss Army Knife for SMTP",
    open=_open,
    version=_version,
    how_to_install=_INSTALL,
)
