from typing import ClassVar

from mailfault_servers.toxiproxy.toxic import EXPIRED, Int64, Piping, Take, Toxic, ToxicContext, toxic


@toxic
class Timeout(Toxic):
    """Drop everything, and close the connection when nothing has arrived for a time.

    Every byte that arrives restarts the time. Removing the toxic closes the connection.
    """

    closes_when_removed: ClassVar[bool] = True

    timeout: Int64 = 0
    """Milliseconds. 0: the connection stays open while the toxic is there."""

    def pipe(self, context: ToxicContext) -> Piping:
        take = Take(self.timeout / 1000 if self.timeout > 0 else None)
        while (chunk := (yield take)) is not None:
            context.acted()
            if chunk is EXPIRED:
                return
