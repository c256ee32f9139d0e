from typing import ClassVar

from mailfault_servers.toxiproxy.toxic import TAKE, Chunk, Int64, Piping, Place, Toxic, Wait, toxic

_PORTION_S = 0.1
"""A chunk that takes longer than this is passed on in portions that take so long."""


@toxic
class Bandwidth(Toxic):
    """Pass only so much on in a second. With a rate of 0 nothing passes any more."""

    go_name: ClassVar[str] = "BandwidthToxic"

    rate: Int64 = 0
    """Kilobytes (of 1,000 bytes) a second."""

    def pipe(self, place: Place) -> Piping:
        due_s = 0.0  # negative: the last pause was longer than it should have been
        while (chunk := (yield TAKE)) is not None:
            broken_off = False
            if self.rate <= 0:
                place.acted()
                yield Wait(None)
                yield chunk
                return
            due_s += len(chunk.data) / (self.rate * 1000)
            portion = self.rate * 100
            rest = memoryview(chunk.data)
            while len(rest) > portion and not broken_off:
                place.acted()
                broken_off = yield Wait(_PORTION_S)
                if not broken_off:
                    yield Chunk(rest[:portion], chunk.read_s)
                    rest = rest[portion:]
                    due_s -= _PORTION_S
            if due_s > 0 and not broken_off:
                place.acted()
                began_s = place.now_s()
                broken_off = yield Wait(due_s)
                due_s -= place.now_s() - began_s
            yield Chunk(rest, chunk.read_s)
            if broken_off:
                return
