"""The normal form of a journal: without ports, times, keys and the order among servers, which vary by chance. Pure."""

import re
from typing import Any

from mailfault_servers.facts import LinkEnded
from mailfault_servers.journal import Entry


def normalised(entries: tuple[Entry, ...]) -> list[dict[str, Any]]:
    """Return the journal without ports, times and chance order: two runs of one scenario give equal lists.

    Entries keep their order within one connection. Servers run independently and are sorted by name. The queries of a
    resolver, which may ask for A and AAAA at once and repeat a query, are a sorted set.
    """
    conversations: dict[tuple[int, str, int], list[dict[str, Any]]] = {}
    for entry in entries:
        if isinstance(entry.fact, LinkEnded):
            continue  # the ends of a proxied connection race to close it
        plain = entry.to_json()
        for volatile in ("number", "at_s", "sent_bytes", "received_bytes", "packets", "content"):
            # The size of a TLS record depends on its signature, which is random; a digest stands for the content.
            plain.pop(volatile, None)
        if "tlsa" in plain or "._tcp." in f"{plain.get('name')} {plain.get('at')}":
            plain = _without_keys(plain)
        conversations.setdefault((entry.attempt, entry.server, entry.session or 0), []).append(plain)
    ordered: list[dict[str, Any]] = []
    for (_, server, _), conversation in sorted(conversations.items()):
        if server == "dns":
            unique = {repr(sorted(entry.items(), key=lambda item: item[0])): entry for entry in conversation}
            ordered.extend(unique[key] for key in sorted(unique))
        else:
            ordered.extend(conversation)
    return ordered


def _without_keys(plain: dict[str, Any]) -> dict[str, Any]:
    """Remove ports and digests from an entry about TLSA records: keys differ from run to run."""

    def cleaned(value: Any) -> Any:
        if isinstance(value, str):
            return re.sub(r"\b[0-9A-Fa-f]{32,}\b", "...", re.sub(r"_\d+\._tcp", "_port._tcp", value))
        return tuple(cleaned(item) for item in value) if isinstance(value, tuple) else value

    return {key: cleaned(value) for key, value in plain.items()}
