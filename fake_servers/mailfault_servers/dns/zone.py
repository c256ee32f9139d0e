"""The zone: the DNS records of one world. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Record:
    """One resource record (RFC 1035 3.2), its data as in a zone file."""

    name: str
    type: str
    data: str
    ttl: int = 60


def normal_name(name: str) -> str:
    """Return a domain name in the form that is compared: lower case, without the final dot; the root is "."."""
    return name.lower().rstrip(".") or "."


class Zone:
    """The records of a world, and the domain that they are about."""

    def __init__(self, origin: str, records: Iterable[Record], *, signed: bool = False) -> None:
        """With `signed`, the resolver reports every answer as verified by DNSSEC (AD, RFC 4035 3.2.3)."""
        self.signed = signed
        self.origin = normal_name(origin)
        self.records = tuple(
            replace(record, name=normal_name(record.name), type=record.type.upper()) for record in records
        )
        self._names = {record.name for record in self.records} | {self.origin}

    def lookup(self, name: str, type_: str) -> tuple[Record, ...]:
        """Return the records of exactly this name and type."""
        wanted = normal_name(name)
        return tuple(record for record in self.records if record.name == wanted and record.type == type_)

    def has_name(self, name: str) -> bool:
        """Tell if the name, or a name below it, has records (RFC 8020)."""
        wanted = normal_name(name)
        return any(name == wanted or name.endswith(f".{wanted}") for name in self._names)

    def is_authority_for(self, name: str) -> bool:
        """Tell if this server answers for the name: its top-level domain is that of the origin or of a host."""
        wanted = normal_name(name)
        tops = {name.rpartition(".")[2] for name in self._names}
        return wanted != "." and wanted.rpartition(".")[2] in tops

    @property
    def mail_targets(self) -> tuple[str, ...]:
        """Names that MX records of this zone point to, most preferred first (RFC 5321 5.1)."""
        targets = (record.data.split() for record in self.records if record.type == "MX")
        ordered = sorted((int(preference), target) for preference, target in targets)
        return tuple(normal_name(target) for _, target in ordered)
