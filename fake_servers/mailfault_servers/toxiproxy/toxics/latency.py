from typing import ClassVar

from mailfault_servers.toxiproxy.toxic import TAKE, Int64, Pause, Piping, Toxic, ToxicContext, toxic


@toxic
class Latency(Toxic):
    """Delay everything. The order stays, and the end of the connection is not delayed beyond the last byte.

    The delay counts from the read of a chunk, so chunks that arrive together are not delayed one after the other.
    """

    holds: ClassVar[int] = 1024

    latency: Int64 = 0
    """Milliseconds."""
    jitter: Int64 = 0
    """Milliseconds more or less, drawn for each chunk."""

    def pipe(self, context: ToxicContext) -> Piping:
        while (chunk := (yield TAKE)) is not None:
            delay_ms = self.latency
            if self.jitter > 0:
                delay_ms += context.chance().randrange(2 * self.jitter) - self.jitter
            due_s = chunk.read_s + delay_ms / 1000
            wait_s = due_s - context.now_s()
            interrupted = False
            if wait_s > 0:
                context.acted()
                interrupted = yield Pause(wait_s)
            if not interrupted:
                chunk.read_s = due_s
            yield chunk
            if interrupted:
                return
