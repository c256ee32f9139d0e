"""What the name server honestly knows: the records of one world. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Record:
    """One resource record (RFC 1035 3.2), its data as in a zone file."""

    name: str
    type: str
    data: str
    ttl: int = 60


def normal_name(name: str) -> str:
    """A domain name as this library compares it: lower case, without the final dot; the root is "."."""
    return name.lower().rstrip(".") or "."


class Zone:
    """The records of a world, with the domain that they are about."""

    def __init__(self, origin: str, records: Iterable[Record], *, signed: bool = False) -> None:
        """`signed`: the resolver verifies all of it by DNSSEC, and says so (RFC 4035 3.2.3)."""
        self.signed = signed
        self.origin = normal_name(origin)
        self.records = tuple(Record(normal_name(one.name), one.type.upper(), one.data, one.ttl) for one in records)
        self._names = {one.name for one in self.records} | {self.origin}

    def lookup(self, name: str, type_: str) -> tuple[Record, ...]:
        """The records of exactly this name and type."""
        wanted = normal_name(name)
        return tuple(one for one in self.records if one.name == wanted and one.type == type_)

    def has_name(self, name: str) -> bool:
        """Whether the name exists: it, or something below it, has records (RFC 8020)."""
        wanted = normal_name(name)
        return any(one == wanted or one.endswith(f".{wanted}") for one in self._names)

    def is_authority_for(self, name: str) -> bool:
        """Whether this server answers for the name: it lies below the origin, or in the domain of one of the hosts."""
        wanted = normal_name(name)
        tops = {one.rpartition(".")[2] for one in self._names}
        return wanted != "." and wanted.rpartition(".")[2] in tops

    @property
    def mail_targets(self) -> tuple[str, ...]:
        """The names that MX records of this zone point to, most preferred first (RFC 5321 5.1)."""
        ordered = sorted((int(p), t) for p, t in (one.data.split() for one in self.records if one.type == "MX"))
        return tuple(normal_name(target) for _, target in ordered)
