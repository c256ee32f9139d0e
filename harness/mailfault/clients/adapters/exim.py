"""`exim`: Exim with a spool of its own, one delivery in the foreground (-odf). What became of the message is read from
its main log, through exim.toml."""

import functools
import re
from dataclasses import replace
from math import ceil
from pathlib import Path

from mailfault.clients.adapter import Adapter
from mailfault.clients.client import Client
from mailfault.clients.client_profile import ClientProfile, shipped_profile
from mailfault.clients.errors import ClientError
from mailfault.clients.library.mail_hosts import HELLO_NAME
from mailfault.clients.process.mta.agent import AgentClient, Laid, Said, lines_of
from mailfault.clients.process.mta.escaped import unescaped
from mailfault.clients.process.mta.installed import Found, find, unpacking
from mailfault.clients.process.mta.overlay import Users, overlaid
from mailfault.clients.process.mta.spool import Spool
from mailfault.contract import (
    Outcome,
    Policy,
    Route,
    Server,
    Target,
    TlsPolicy,
)

_OUTCOMES = {"=>": Outcome.DELIVERED, "->": Outcome.DELIVERED, "==": Outcome.DEFERRED, "**": Outcome.FAILED}
_LINE = re.compile(r"^\S+ \S+ \S+ (?P<mark>=>|->|==|\*\*) (?P<recipient>[^\s:]+@[^\s:]+):? (?P<rest>.*)$", re.MULTILINE)
_HOST = re.compile(r"\bH=(?P<name>\S+) \[(?P<address>[^\]]+)\]")
_USER = "Debian-exim"


def said_in(log: Path, *, dane: bool) -> dict[str, Said]:
    """The log's last line about each recipient."""
    return {found["recipient"].lower(): _said(found, dane) for found in lines_of(log, _LINE)}


def _said(found: re.Match[str], dane: bool) -> Said:
    told = unescaped(f"{'dane ' if dane else ''}{found['mark']} {found['rest']}")
    host = _HOST.search(told)
    return Said(
        outcome=_OUTCOMES[found["mark"]],
        told=told,
        text=found["rest"],
        server=Server(name=host["name"], address=host["address"]) if host is not None else None,
    )


def _lay_out(installed: Path, spool: Spool, target: Target) -> Laid:
    """The spool, the configuration and the message. Raises OSError."""
    users = Users(spool, _USER)
    folder = spool.folder("spool", mode=0o750, owner=users.number(_USER))
    # A private root may lie where only its owner gets to, and Exim starts itself again as its own user.
    program = spool.file("exim", "", mode=0o755)
    trusted = spool.file("authority.pem", target.ca_file.read_bytes())
    revoked = spool.file("revoked.pem", target.crl_file.read_bytes()) if target.crl_file is not None else None
    target = replace(target, ca_file=trusted, crl_file=revoked)  # where Exim's own user can read them
    configuration = spool.file("exim.conf", written(folder, target, program=program))
    message = spool.file("message", target.message.replace(b"\r\n", b"\n"))
    submit = [str(program), "-C", str(configuration), "-odf", "-oi", "-f", target.sender, *target.recipients]
    log = folder / "log/mainlog"
    return Laid(
        command=overlaid({**users.over, installed: program}, submit, stdin=message),
        said=lambda: said_in(log, dane=Policy.DANE in target.policies),
        words=(log, log.with_name("paniclog")),
    )


def written(folder: Path, target: Target, *, program: Path) -> str:
    """The configuration, as the Exim specification has it."""
    dane = Policy.DANE in target.policies
    smart = target.route is Route.SMART_HOST
    route = (
        f"  driver = manualroute\n  route_list = * {target.smart_host}\n  host_find_failed = defer\n"
        if smart
        else "  driver = dnslookup\n"
    )
    main = {
        "primary_hostname": HELLO_NAME,
        "exim_path": str(program),
        "spool_directory": str(folder),
        "log_file_path": f"{folder}/log/%slog",
        "keep_environment": "",
        "trusted_users": "root",
        "qualify_domain": HELLO_NAME,
        "dns_dnssec_ok": "1" if dane else "-1",
    }
    return (
        "".join(f"{key} = {value}\n" for key, value in main.items())
        + "begin routers\n"
        # Bounces go to the sender, who is local; nothing is done with them.
        + f"local:\n  driver = redirect\n  domains = {HELLO_NAME}\n  data = :blackhole:\n"
        + f"remote:\n{route}  transport = smtp\n  no_more\n"
        + "begin transports\nsmtp:\n  driver = smtp\n"
        + "".join(f"  {key} = {value}\n" for key, value in transport(target).items())
        + "begin retry\n*  *  F,24h,5m\n"
    )


def transport(target: Target) -> dict[str, str]:
    """The options of the smtp transport."""
    command = f"{ceil(target.limits.command_s)}s"
    told = {
        "connect_timeout": f"{ceil(target.limits.connect_s)}s",
        "command_timeout": command,
        "data_timeout": command,
        "final_timeout": command,
        "tls_verify_certificates": str(target.ca_file),
        "hosts_try_dane": "*" if Policy.DANE in target.policies else "",
    }
    if target.crl_file is not None:
        told["tls_crl"] = str(target.crl_file)
    match target.tls:
        case TlsPolicy.NONE:
            told["hosts_avoid_tls"] = "*"
        case TlsPolicy.OPPORTUNISTIC:
            pass
        case TlsPolicy.REQUIRED:
            told["hosts_require_tls"] = "*"
        case TlsPolicy.VERIFIED:
            told |= {"hosts_require_tls": "*", "tls_verify_hosts": "*", "tls_verify_cert_hostnames": "*"}
    return told


def _program() -> Found | None:
    return find("exim", "/usr/sbin/exim4", "/usr/sbin/exim")


@functools.cache
def _version() -> str | None:
    program = _program()
    if program is None:
        return None
    found = re.search(r"\x00(4\.[89]\d(?:\.\d+)?)\x00", program.program.read_bytes().decode("latin-1"))
    return found[1] if found is not None else "of unknown version"


def _open(what: str, profile: ClientProfile | None) -> Client:
    program, version = _program(), _version()
    if program is None or version is None:
        raise ClientError(f"--client exim: Exim is not installed; {_INSTALL}")
    profile = profile if profile is not None else shipped_profile("exim", outcomes_known=True)
    return AgentClient("exim", f"Exim {version}", profile=profile, lay_out=functools.partial(_lay_out, program.program))


_INSTALL = f"apt-get install exim4-daemon-light, or: {unpacking('exim')}"

ADAPTER = Adapter(
    name="exim",
    what="the mail transfer agent, one delivery in the foreground",
    open=_open,
    version=_version,
    how_to_install=_INSTALL,
)
