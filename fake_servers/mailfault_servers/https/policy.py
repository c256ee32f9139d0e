"""The text of an MTA-STS policy (RFC 8461 3.2), as a host publishes it. Pure."""

from collections.abc import Iterable


def policy_text(*, mode: str, mx: Iterable[str], max_age: int) -> str:
    """Write a policy with CRLF line ends, as most hosts do; `max_age` is in seconds."""
    lines = ["version: STSv1", f"mode: {mode}", *(f"mx: {name}" for name in mx), f"max_age: {max_age}"]
    return "".join(f"{line}\r\n" for line in lines)


def sts_record(identity: str) -> str:
    """Write the TXT record that announces a policy (RFC 8461 3.1), as in a zone file."""
    return f'"v=STSv1; id={identity};"'
