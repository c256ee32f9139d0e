from mailfault_servers.toxiproxy.toxic import TAKE, Chunk, Int64, Pause, Piping, Toxic, ToxicContext, toxic

_PORTION_S = 0.1
"""A chunk that takes longer is passed on in portions of this duration."""


@toxic
class Bandwidth(Toxic):
    """Limit the bytes passed in a second. With a rate of 0 or less everything passes at once."""

    rate: Int64 = 0
    """Kilobytes (of 1,000 bytes) a second."""

    def pipe(self, context: ToxicContext) -> Piping:
        due_s = 0.0  # negative if the last pause was too long
        while (chunk := (yield TAKE)) is not None:
            interrupted = False
            if self.rate <= 0:
                yield chunk
                continue
            due_s += len(chunk.data) / (self.rate * 1000)
            portion = self.rate * 100
            rest = memoryview(chunk.data)
            while len(rest) > portion and not interrupted:
                context.acted()
                interrupted = yield Pause(_PORTION_S)
                if not interrupted:
                    yield Chunk(rest[:portion], chunk.read_s)
                    rest = rest[portion:]
                    due_s -= _PORTION_S
            if due_s > 0 and not interrupted:
                context.acted()
                began_s = context.now_s()
                interrupted = yield Pause(due_s)
                due_s -= context.now_s() - began_s
            yield Chunk(rest, chunk.read_s)
            if interrupted:
                return
