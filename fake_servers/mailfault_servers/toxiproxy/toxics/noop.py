from typing import ClassVar

from mailfault_servers.toxiproxy.toxic import TAKE, Piping, Place, Toxic, toxic


@toxic
class Noop(Toxic):
    """Pass everything on as it is."""

    go_name: ClassVar[str] = "NoopToxic"

    def pipe(self, place: Place) -> Piping:
        while (chunk := (yield TAKE)) is not None:
            yield chunk
