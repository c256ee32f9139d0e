from typing import ClassVar

from mailfault_servers.toxiproxy.toxic import TAKE, Int64, Piping, Place, Toxic, Wait, toxic


@toxic
class Latency(Toxic):
    """Pass everything on, but late. The order stays, and the end of the connection is not delayed beyond the last byte.

    The delay counts from when a chunk was read, so a chunk that had to wait for another one waits no longer than due.
    """

    go_name: ClassVar[str] = "LatencyToxic"
    holds: ClassVar[int] = 1024

    latency: Int64 = 0
    """Milliseconds."""
    jitter: Int64 = 0
    """Milliseconds more or less, drawn anew for each chunk."""

    def pipe(self, place: Place) -> Piping:
        while (chunk := (yield TAKE)) is not None:
            delay_ms = self.latency
            if self.jitter > 0:
                delay_ms += place.chance().randrange(2 * self.jitter) - self.jitter
            due_s = chunk.read_s + delay_ms / 1000
            wait_s = due_s - place.now_s()
            broken_off = False
            if wait_s > 0:
                place.acted()
                broken_off = yield Wait(wait_s)
            if not broken_off:
                chunk.read_s = due_s
            yield chunk
            if broken_off:
                return
