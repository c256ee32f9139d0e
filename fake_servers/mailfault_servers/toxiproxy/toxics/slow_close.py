from typing import ClassVar

from mailfault_servers.toxiproxy.toxic import TAKE, Int64, Piping, Place, Toxic, Wait, toxic


@toxic
class SlowClose(Toxic):
    """Pass everything on at once, but the end of the connection late."""

    go_name: ClassVar[str] = "SlowCloseToxic"

    delay: Int64 = 0
    """Milliseconds."""

    def pipe(self, place: Place) -> Piping:
        while (chunk := (yield TAKE)) is not None:
            yield chunk
        if self.delay > 0:
            place.acted()
            yield Wait(self.delay / 1000)
