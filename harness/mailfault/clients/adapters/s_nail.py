"""`s-nail`: the mailx that speaks SMTP itself. What it prints with -vv, where the stage is told, is read through
s_nail.toml."""

import functools
import re
import shlex
from dataclasses import replace
from math import ceil
from pathlib import Path

from mailfault.clients.adapter import Adapter
from mailfault.clients.client import Client
from mailfault.clients.client_profile import ClientProfile, shipped_profile
from mailfault.clients.errors import ClientError
from mailfault.clients.library.mail_hosts import HELLO_NAME
from mailfault.clients.process.program_client import ProgramClient, Told, read_by_profile, version_of
from mailfault.clients.process.run_program import Finished
from mailfault.contract import DeliveryResult, Target, TlsPolicy

_INSTALL = "apt-get install s-nail"
_SHORTEST_CONNECT_S = 2
"""What is less is taken for 42 seconds (net-socket.c)."""
_COMMAND = re.compile(r"^>>> (?:EHLO|HELO|STARTTLS|MAIL FROM|RCPT TO|DATA|\.(?=$))", re.MULTILINE)
_LIST = re.compile(rb"-----BEGIN X509 CRL-----.*?-----END X509 CRL-----\n", re.DOTALL)
_REPLY = "SMTP server: "
_GOES_ON = re.compile(rf"{_REPLY}\d\d\d-")
_CHATTER = (">>> ", "P(seudo)", "Credentials: ", "Forking ", "Resolving ")


def arguments(told: Told) -> list[str]:
    """What s-nail is told, as its manual has it: no resource files, a whole message on stdin (-t)."""
    target = told.target
    variables = {
        "v15-compat": "yes",
        "mta": f"smtp://{told.host}:{target.smtp_port}",
        "smtp-auth": "none",
        "hostname": HELLO_NAME,
        "sendwait": "",
        "nosave": "",
        "socket-connect-timeout": str(max(_SHORTEST_CONNECT_S, ceil(target.limits.connect_s))),
    }
    if target.tls in (TlsPolicy.REQUIRED, TlsPolicy.VERIFIED):  # opportunistic: see s_nail.toml
        variables |= {"smtp-use-starttls": "", "tls-ca-no-defaults": "", "tls-ca-file": str(target.ca_file)}
        variables |= {"tls-verify": "strict" if target.tls is TlsPolicy.VERIFIED else "ignore"}
        variables |= {"tls-crl-dir": str(_lists(target.crl_file, told.folder))} if target.crl_file is not None else {}
    words = ["s-nail", "-vv", "-:/", "-t", "-r", target.sender]
    for name, value in variables.items():
        words += ["-S", f"{name}={value}" if value else name]
    # The message comes on stdin.
    return ["sh", "-c", f"exec {shlex.join([*words, '-.', *target.recipients])} < {shlex.quote(str(told.message))}"]


def _lists(crl_file: Path, folder: Path) -> Path:
    """A folder with one revocation list a file, for it takes no more from any."""
    made = folder / "lists"
    made.mkdir()
    for number, one in enumerate(_LIST.findall(crl_file.read_bytes())):
        (made / f"{number}.pem").write_bytes(one)
    return made


def printed(stderr: str) -> str:
    """Its last command, and what it printed besides the dialogue; a reply of several lines as the server said it."""
    text = re.sub(r"^s-nail: ", "", stderr.replace("\r", ""), flags=re.MULTILINE)
    commands = _COMMAND.findall(text)
    lines = [f"after={commands[-1].removeprefix('>>> ') if commands else 'connect'}"]
    goes_on = False
    for line in text.splitlines():
        if not line.startswith(_CHATTER):
            lines.append(line.removeprefix(_REPLY) if goes_on else line)
            goes_on = _GOES_ON.match(line) is not None
    return "".join(f"{line}\n" for line in lines)


def _read(profile: ClientProfile, finished: Finished, target: Target) -> DeliveryResult:
    said = printed(finished.stderr) if finished.status != 0 else ""
    return read_by_profile(profile, replace(finished, stderr=said), target)


@functools.cache
def _version() -> str | None:
    return version_of("s-nail", r"v(\d\S*?),? ")


def _open(what: str, profile: ClientProfile | None) -> Client:
    version = _version()
    if version is None:
        raise ClientError(f"--client s-nail: there is no program 's-nail' on the PATH; {_INSTALL}")
    profile = profile if profile is not None else shipped_profile("s_nail")
    return ProgramClient("s-nail", f"s-nail {version}", profile=profile, arguments=arguments, read=_read)


ADAPTER = Adapter(
    name="s-nail",
    what="the mailx that speaks SMTP itself",
    open=_open,
    version=_version,
    how_to_install=_INSTALL,
)
