"""The journal without what chance makes of it: ports, times, order among servers, keys. Pure."""

import re
from typing import Any

from mailfault_servers.facts import LinkEnded
from mailfault_servers.journal import Entry


def normalised(entries: tuple[Entry, ...]) -> list[dict[str, Any]]:
    """The journal without ports, times and chance order: two runs of one scenario give equal lists.

    Entries keep their order within one connection. Servers, which do not wait for each other, are sorted by name;
    the questions of a resolver (it may ask for A and AAAA at once, and repeat a question) are a sorted set.
    """
    conversations: dict[tuple[int, str, int], list[dict[str, Any]]] = {}
    for entry in entries:
        if isinstance(entry.fact, LinkEnded):
            continue  # which end of a proxied connection is the first to go is a race, once both have had their say
        plain = entry.to_json()
        for volatile in ("number", "at_s", "sent_bytes", "received_bytes", "packets"):
            plain.pop(volatile, None)  # the size of a TLS record depends on its signature, which is random
        if "tlsa" in plain or "._tcp." in f"{plain.get('name')} {plain.get('at')}":
            plain = _without_keys(plain)
        conversations.setdefault((entry.attempt, entry.server, entry.session or 0), []).append(plain)
    ordered: list[dict[str, Any]] = []
    for (_, server, _), conversation in sorted(conversations.items()):
        if server == "dns":
            unique = {repr(sorted(one.items(), key=lambda item: item[0])): one for one in conversation}
            ordered.extend(unique[key] for key in sorted(unique))
        else:
            ordered.extend(conversation)
    return ordered


def _without_keys(plain: dict[str, Any]) -> dict[str, Any]:
    """What is said of TLSA records without the port in their names and without digests: keys differ from run to run."""

    def cleaned(value: Any) -> Any:
        if isinstance(value, str):
            return re.sub(r"\b[0-9A-Fa-f]{32,}\b", "...", re.sub(r"_\d+\._tcp", "_port._tcp", value))
        return tuple(cleaned(one) for one in value) if isinstance(value, tuple) else value

    return {key: cleaned(value) for key, value in plain.items()}
