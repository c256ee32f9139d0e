from typing import ClassVar

from mailfault_servers.toxiproxy.toxic import EXPIRED, Int64, Piping, Place, Take, Toxic, toxic


@toxic
class Timeout(Toxic):
    """Let nothing through, and close the connection when nothing more has come for a time.

    What comes is lost, and starts the time anew. When the toxic is removed the connection is closed.
    """

    go_name: ClassVar[str] = "TimeoutToxic"
    closes_when_removed: ClassVar[bool] = True

    timeout: Int64 = 0
    """Milliseconds. 0: the connection stays open for as long as the toxic is there."""

    def pipe(self, place: Place) -> Piping:
        take = Take(self.timeout / 1000 if self.timeout > 0 else None)
        while (chunk := (yield take)) is not None:
            place.acted()
            if chunk is EXPIRED:
                return
