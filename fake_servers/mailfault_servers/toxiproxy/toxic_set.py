"""The toxics of one proxy, in their order: first those of the stream upstream, then those of the stream downstream."""

from dataclasses import dataclass
from typing import Literal

from mailfault_servers.chance import Chance, chance
from mailfault_servers.toxiproxy.toxic import Toxic

Direction = Literal["upstream", "downstream"]


@dataclass(slots=True)
class SetToxic:
    """A toxic that a proxy has."""

    name: str
    stream: str
    """As it was written: any case will do."""
    toxicity: float
    """The share of connections that it acts on."""
    toxic: Toxic

    @property
    def direction(self) -> Direction:
        """The stream that it acts on."""
        return "upstream" if self.stream.lower() == "upstream" else "downstream"

    def spares(self, *connection: object) -> bool:
        """Whether it leaves a connection alone: the same connection always, for the same toxicity."""
        if self.toxicity >= 1:
            return False
        return self.toxicity <= 0 or chance(*connection, self.name, "toxicity").random() >= self.toxicity

    def chance(self, *connection: object) -> Chance:
        """The chance of what it does to a connection."""
        return chance(*connection, self.name, "amounts")


class ToxicSet:
    """All toxics of a proxy."""

    def __init__(self) -> None:
        self._chains: dict[Direction, list[SetToxic]] = {"upstream": [], "downstream": []}

    def all(self) -> list[SetToxic]:
        """In order."""
        return [*self._chains["upstream"], *self._chains["downstream"]]

    def find(self, name: str) -> SetToxic | None:
        """The toxic of this name, if there is one."""
        return next((one for one in self.all() if one.name == name), None)

    def add(self, one: SetToxic) -> None:
        """At the end of its stream."""
        self._chains[one.direction].append(one)

    def remove(self, one: SetToxic) -> None:
        """Take it out; the others keep their order."""
        self._chains[one.direction].remove(one)
