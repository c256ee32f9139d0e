"""A target as programs are told of it: environment variables (`command:`) or a JSON object (`worker:`)."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mailfault.contract import CONTRACT, Target

PREFIX = "MAILFAULT_"


def environment_of(target: Target, *, message: Path, result: Path) -> Mapping[str, str]:
    """The variables of the contract. What does not apply (no smart host, no revocation list, no policy) is left out."""
    limits = target.limits
    address, port = target.dns
    variables = {
        "CONTRACT": str(CONTRACT),
        "ROUTE": str(target.route),
        "SMART_HOST": target.smart_host,
        "SMTP_PORT": str(target.smtp_port),
        "DNS": f"[{address}]:{port}" if ":" in address else f"{address}:{port}",
        "TLS": str(target.tls),
        "CA_FILE": str(target.ca_file),
        "CRL_FILE": str(target.crl_file) if target.crl_file is not None else None,
        "POLICY": " ".join(target.policies) or None,
        "HTTPS_PORT": str(target.https_port) if target.https_port is not None else None,
        "CACHED_POLICY": str(target.cached_policy_file) if target.cached_policy_file is not None else None,
        "SENDER": target.sender,
        "RECIPIENT": " ".join(target.recipients),
        "MESSAGE": str(message),
        "CONNECT_TIMEOUT": _seconds(limits.connect_s),
        "COMMAND_TIMEOUT": _seconds(limits.command_s),
        "DNS_TIMEOUT": _seconds(limits.dns_s),
        "ATTEMPT": str(target.attempt),
        "RESULT": str(result),
    }
    return {PREFIX + key: value for key, value in variables.items() if value is not None}


PLACEHOLDERS = (
    "contract", "route", "smart_host", "smtp_port", "dns", "tls", "ca_file", "crl_file", "policy", "https_port",
    "cached_policy", "sender", "recipient", "message", "connect_timeout", "command_timeout", "dns_timeout", "attempt",
    "result",
)  # fmt: skip
"""What may stand in braces in a command: the variables' names, without the prefix, in lower case."""


def json_of(target: Target, *, message: Path) -> dict[str, Any]:
    """The target as one JSON object, the message as the path of its file."""
    limits = target.limits
    return {
        "route": str(target.route),
        "smart_host": target.smart_host,
        "smtp_port": target.smtp_port,
        "dns": {"address": target.dns[0], "port": target.dns[1]},
        "tls": str(target.tls),
        "ca_file": str(target.ca_file),
        "crl_file": str(target.crl_file) if target.crl_file is not None else None,
        "policies": [str(one) for one in target.policies],
        "https_port": target.https_port,
        "cached_policy_file": str(target.cached_policy_file) if target.cached_policy_file is not None else None,
        "sender": target.sender,
        "recipients": list(target.recipients),
        "message": str(message),
        "limits": {"connect_s": limits.connect_s, "command_s": limits.command_s, "dns_s": limits.dns_s},
        "attempt": target.attempt,
    }


def _seconds(value: float) -> str:
    return f"{value:.3f}".rstrip("0").rstrip(".")
