"""`exim`: Exim with its own spool, one delivery in the foreground (-odf).

Its main log is read through exim.toml.
"""

import re
from dataclasses import replace
from math import ceil
from pathlib import Path

from mailfault.clients.library.mail_hosts import HELLO_NAME
from mailfault.clients.process.mta.agent import AgentSetup, RecipientStatus, agent_adapter, matches_in
from mailfault.clients.process.mta.bind_mounts import with_bind_mounts
from mailfault.clients.process.mta.installed import InstalledAgent
from mailfault.clients.process.mta.log_escapes import unescape_log
from mailfault.clients.process.mta.spool import Spool
from mailfault.clients.process.mta.system_users import SystemUsers
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


def statuses_in(log: Path, *, dane: bool) -> dict[str, RecipientStatus]:
    """Return the status in the log's last line about each recipient."""
    return {found["recipient"].lower(): _status(found, dane) for found in matches_in(log, _LINE)}


def _status(found: re.Match[str], dane: bool) -> RecipientStatus:
    facts = unescape_log(f"{'dane ' if dane else ''}{found['mark']} {found['rest']}")
    host = _HOST.search(facts)
    return RecipientStatus(
        outcome=_OUTCOMES[found["mark"]],
        facts=facts,
        text=found["rest"],
        server=Server(name=host["name"], address=host["address"]) if host is not None else None,
    )


def _prepare(agent: InstalledAgent, spool: Spool, target: Target) -> AgentSetup:
    """Write spool, configuration and message. Raises OSError."""
    users = SystemUsers(spool, _USER)
    folder = spool.folder("spool", mode=0o750, owner=users.number(_USER))
    # Exim executes itself again as its own user, who may not reach a private root.
    program = spool.file("exim", "", mode=0o755)
    trusted = spool.file("authority.pem", target.ca_file.read_bytes())
    revoked = spool.file("revoked.pem", target.crl_file.read_bytes()) if target.crl_file is not None else None
    target = replace(target, ca_file=trusted, crl_file=revoked)  # Exim's own user can read these
    configuration = spool.file("exim.conf", configuration_of(folder, target, program=program))
    message = spool.file("message", target.message.replace(b"\r\n", b"\n"))
    submit = [str(program), "-C", str(configuration), "-odf", "-oi", "-f", target.sender, *target.recipients]
    log = folder / "log/mainlog"
    return AgentSetup(
        command=with_bind_mounts({**users.mounts, agent.program: program}, submit, stdin=message),
        statuses=lambda: statuses_in(log, dane=Policy.DANE in target.policies),
        logs=(log, log.with_name("paniclog")),
    )


def configuration_of(folder: Path, target: Target, *, program: Path) -> str:
    """Return Exim's configuration (Exim specification)."""
    dane = Policy.DANE in target.policies
    by_smart_host = target.route is Route.SMART_HOST
    route = (
        f"  driver = manualroute\n  route_list = * {target.smart_host}\n  host_find_failed = defer\n"
        if by_smart_host
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
        # Bounces go to the sender, a local user, and are discarded.
        + f"local:\n  driver = redirect\n  domains = {HELLO_NAME}\n  data = :blackhole:\n"
        + f"remote:\n{route}  transport = smtp\n  no_more\n"
        + "begin transports\nsmtp:\n  driver = smtp\n"
        + "".join(f"  {key} = {value}\n" for key, value in transport(target).items())
        + "begin retry\n*  *  F,24h,5m\n"
    )


def transport(target: Target) -> dict[str, str]:
    """Return the options of the smtp transport."""
    command = f"{ceil(target.limits.command_s)}s"
    options = {
        "connect_timeout": f"{ceil(target.limits.connect_s)}s",
        "command_timeout": command,
        "data_timeout": command,
        "final_timeout": command,
        "tls_verify_certificates": str(target.ca_file),
        "hosts_try_dane": "*" if Policy.DANE in target.policies else "",
    }
    if target.crl_file is not None:
        options["tls_crl"] = str(target.crl_file)
    match target.tls:
        case TlsPolicy.NONE:
            options["hosts_avoid_tls"] = "*"
        case TlsPolicy.OPPORTUNISTIC:
            pass
        case TlsPolicy.REQUIRED:
            options["hosts_require_tls"] = "*"
        case TlsPolicy.VERIFIED:
            options |= {"hosts_require_tls": "*", "tls_verify_hosts": "*", "tls_verify_cert_hostnames": "*"}
    return options


def _version(agent: InstalledAgent) -> str:
    # `exim -bV` writes to its spool; the version stands in the program.
    found = re.search(r"\x00(4\.[89]\d(?:\.\d+)?)\x00", agent.program.read_bytes().decode("latin-1"))
    return found[1] if found is not None else "of unknown version"


ADAPTER = agent_adapter(
    "exim",
    "Exim",
    "the mail transfer agent, one delivery in the foreground",
    prepare=_prepare,
    programs=["/usr/sbin/exim4", "/usr/sbin/exim"],
    package="exim4-daemon-light",
    version=_version,
)
