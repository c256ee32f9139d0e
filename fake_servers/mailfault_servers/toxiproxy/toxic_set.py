"""The toxics of one proxy, in order: first those of the upstream direction, then those of the downstream direction."""

from dataclasses import dataclass
from typing import Literal

from mailfault_servers.chance import Chance, chance
from mailfault_servers.toxiproxy.toxic import Toxic

Direction = Literal["upstream", "downstream"]


@dataclass(slots=True)
class ToxicWrapper:
    """A toxic of a proxy, with its name, stream and toxicity (Toxiproxy's type of this name)."""

    name: str
    stream: str
    """As the request wrote it, in any case."""
    toxicity: float
    """The share of connections that it acts on."""
    toxic: Toxic

    @property
    def direction(self) -> Direction:
        """The direction that it acts on."""
        return "upstream" if self.stream.lower() == "upstream" else "downstream"

    def spares(self, *connection: object) -> bool:
        """Decide if the toxic leaves a connection alone. The same connection and toxicity give the same answer."""
        if self.toxicity >= 1:
            return False
        return self.toxicity <= 0 or chance(*connection, self.name, "toxicity").random() >= self.toxicity

    def chance(self, *connection: object) -> Chance:
        """Return the source of chance for the toxic's amounts on a connection."""
        return chance(*connection, self.name, "amounts")


class ToxicSet:
    """All toxics of a proxy."""

    def __init__(self) -> None:
        self._chains: dict[Direction, list[ToxicWrapper]] = {"upstream": [], "downstream": []}

    def all(self) -> list[ToxicWrapper]:
        """Return all toxics in order."""
        return [*self._chains["upstream"], *self._chains["downstream"]]

    def find(self, name: str) -> ToxicWrapper | None:
        """Return the toxic of this name, or None."""
        return next((wrapper for wrapper in self.all() if wrapper.name == name), None)

    def add(self, wrapper: ToxicWrapper) -> None:
        """Append a toxic to its direction."""
        self._chains[wrapper.direction].append(wrapper)

    def remove(self, wrapper: ToxicWrapper) -> None:
        """Remove a toxic; the others keep their order."""
        self._chains[wrapper.direction].remove(wrapper)
