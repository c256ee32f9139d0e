"""`s-nail`: the mailx that speaks SMTP itself, to a smart host.

What it prints with -vv, which shows the stage, is read through s_nail.toml.
"""

import re
import shlex
from dataclasses import replace
from math import ceil
from pathlib import Path

from mailfault.clients.client_profile import ClientProfile
from mailfault.clients.library.mail_hosts import HELLO_NAME
from mailfault.clients.process.probe import Lack
from mailfault.clients.process.program_client import Invocation, program_adapter, read_by_profile
from mailfault.clients.process.run_program import Finished
from mailfault.contract import DeliveryResult, Target, TlsPolicy

_SHORTEST_CONNECT_S = 2
"""s-nail reads a shorter limit as 42 seconds (net-socket.c)."""
_COMMAND = re.compile(r"^>>> (?:EHLO|HELO|STARTTLS|MAIL FROM|RCPT TO|DATA|\.(?=$))", re.MULTILINE)
_LIST = re.compile(rb"-----BEGIN X509 CRL-----.*?-----END X509 CRL-----\n", re.DOTALL)
_REPLY = "SMTP server: "
_UNFINISHED = re.compile(rf"{_REPLY}\d\d\d-")
_CHATTER = (">>> ", "P(seudo)", "Credentials: ", "Forking ", "Resolving ")


def arguments(invocation: Invocation) -> list[str]:
    """Return the command for one delivery (s-nail(1)): no resource files, the whole message on stdin (-t)."""
    target = invocation.target
    variables = {
        "v15-compat": "yes",
        "mta": f"smtp://{invocation.host}:{target.smtp_port}",
        "smtp-auth": "none",
        "hostname": HELLO_NAME,
        "sendwait": "",
        "nosave": "",
        "socket-connect-timeout": str(max(_SHORTEST_CONNECT_S, ceil(target.limits.connect_s))),
    }
    if target.tls in (TlsPolicy.REQUIRED, TlsPolicy.VERIFIED):  # for opportunistic TLS see s_nail.toml
        variables |= {"smtp-use-starttls": "", "tls-ca-no-defaults": "", "tls-ca-file": str(target.ca_file)}
        variables |= {"tls-verify": "strict" if target.tls is TlsPolicy.VERIFIED else "ignore"}
        variables |= (
            {"tls-crl-dir": str(_lists(target.crl_file, invocation.folder))} if target.crl_file is not None else {}
        )
    words = ["s-nail", "-vv", "-:/", "-t", "-r", target.sender]
    for name, value in variables.items():
        words += ["-S", f"{name}={value}" if value else name]
    command = shlex.join([*words, "-.", *target.recipients])
    return ["sh", "-c", f"exec {command} < {shlex.quote(str(invocation.message))}"]


def _lists(crl_file: Path, folder: Path) -> Path:
    """Write each revocation list to its own file: s-nail reads only the first of a file."""
    made = folder / "lists"
    made.mkdir()
    for number, crl in enumerate(_LIST.findall(crl_file.read_bytes())):
        (made / f"{number}.pem").write_bytes(crl)
    return made


def printed(stderr: str) -> str:
    """Return the last command and the lines that are not dialogue; a reply of several lines as the server sent it."""
    text = re.sub(r"^s-nail: ", "", stderr.replace("\r", ""), flags=re.MULTILINE)
    commands = _COMMAND.findall(text)
    lines = [f"after={commands[-1].removeprefix('>>> ') if commands else 'connect'}"]
    in_reply = False
    for line in text.splitlines():
        if not line.startswith(_CHATTER):
            lines.append(line.removeprefix(_REPLY) if in_reply else line)
            in_reply = _UNFINISHED.match(line) is not None
    return "".join(f"{line}\n" for line in lines)


def read(profile: ClientProfile, finished: Finished, target: Target) -> DeliveryResult:
    """Reduce the output to `printed`, then read by the profile."""
    output = printed(finished.stderr) if finished.status != 0 else ""
    return read_by_profile(profile, replace(finished, stderr=output), target)


ADAPTER = program_adapter(
    "s-nail",
    "the mailx that speaks SMTP itself, to a smart host",
    arguments=arguments,
    read=read,
    version=r"v(\d\S*?),? ",
    features=["-:/", "-X", "echo $features", "-X", "xit"],
    lacks=[Lack(pattern=r"(?:^|[\s,])-(smtp|tls)\b", missing="{0} in this build")],
    how_to_install="apt-get install s-nail",
)
