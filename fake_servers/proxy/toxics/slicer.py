from collections.abc import Iterator
from typing import ClassVar

from fake_servers.chance import Chance
from fake_servers.proxy.toxic import TAKE, Chunk, Int64, Piping, Place, Toxic, Wait, toxic


@toxic
class Slicer(Toxic):
    """Pass everything on in small pieces, each by a write of its own."""

    go_name: ClassVar[str] = "SlicerToxic"
    go_number: ClassVar[str] = "int"

    average_size: Int64 = 0
    """Bytes in a piece."""
    size_variation: Int64 = 0
    """Bytes more or fewer; less than the average size."""
    delay: Int64 = 0
    """Microseconds to wait after each piece."""

    def pipe(self, place: Place) -> Piping:
        while (chunk := (yield TAKE)) is not None:
            data = memoryview(chunk.data)
            start = 0
            for end in self._ends(0, len(data), place):
                if end < len(data) or self.delay > 0:
                    place.acted()
                yield Chunk(data[start:end], chunk.read_s)
                start = end
                if self.delay > 0 and (yield Wait(self.delay / 1_000_000)):
                    if data[end:]:
                        yield Chunk(data[end:], chunk.read_s)
                    return

    def _ends(self, start: int, end: int, place: Place) -> Iterator[int]:
        """Where the pieces of what lies between two places end: halves of halves, until they are small enough."""
        most = max(1, self.average_size + self.size_variation)
        chance: Chance | None = place.chance() if self.size_variation > 0 else None
        open_ends = [end]
        while open_ends:
            end = open_ends[-1]
            if end - start <= most:
                yield open_ends.pop()
                start = end
                continue
            middle = start + (end - start) // 2
            if chance is not None:
                middle += chance.randrange(2 * self.size_variation) - self.size_variation
            open_ends.append(min(max(middle, start + 1), end - 1))
