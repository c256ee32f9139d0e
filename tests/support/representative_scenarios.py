"""The scenarios that every real client plays in tests: one for each kind of failure."""

from mailfault.clients import ClientError, open_client
from mailfault.clients.client import Client
from mailfault.events import ScenarioFinished
from mailfault.play.options import RunOptions
from mailfault.play.run import run
from mailfault.scenario.loader import load_shipped

SMART_HOST = (
    "control/plain[route=smart-host]",
    "connect/refused[route=smart-host]",
    "connect/no-answer[route=smart-host]",
    "connect/icmp-host-unreachable[route=smart-host]",
    "dns/smart-host-name-gone",
    "smtp/greeting-421[route=smart-host]",
    "smtp/greeting-silence",
    "smtp/ehlo-close[route=smart-host]",
    "smtp/rcpt-greylisted[route=smart-host]",
    "smtp/rcpt-unknown-user[route=smart-host]",
    "smtp/end-of-data-close[route=smart-host]",
    "smtp/end-of-data-451[route=smart-host]",
    "tls/starttls-missing[route=smart-host,tls=required]",
    "tls/starttls-refused[route=smart-host,tls=required]",
    "tls/certificate-expired[route=smart-host]",
    "tls/certificate-domain-name[route=smart-host]",
)
MX = (
    "control/plain[route=mx]",
    "control/two-recipients",
    "connect/refused[route=mx]",
    "connect/second-mx-after-refused",
    "connect/icmp-port-unreachable-over-ipv6[route=mx]",
    "dns/null-mx",
    "smtp/rcpt-unknown-user[route=mx]",
    "tls/certificate-expired[route=mx]",
)


def installed(spec: str) -> bool:
    """Return whether the client can be opened on this machine."""
    try:
        open_client(spec).close()
    except ClientError:
        return False
    return True


def endings(client: Client, *ids: str) -> dict[str, tuple[str, str]]:
    """Play scenarios; return ending and reason of each by its id. Raises LookupError for an unknown id."""
    by_id = {scenario.id: scenario for scenario in load_shipped()}
    if missing := [identity for identity in ids if identity not in by_id]:
        raise LookupError(f"there is no scenario {missing[0]}")
    events = run([by_id[identity] for identity in ids], [client], RunOptions(jobs=4), version="test")
    return {event.id: (event.ending, event.sentence) for event in events if isinstance(event, ScenarioFinished)}
