"""Profiles: how one kind of client spells each failure. Pure data and look-ups."""

from dataclasses import dataclass

from mailfault.codes.failure import Failure


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusRow:
    """How one failure is spelled."""

    failure: Failure
    status: str
    """The whole status line, "450 4.4.316 Connection refused"."""
    source: str
    """Who says so."""
    also: tuple[str, ...] = ()
    """Other enhanced codes that stand for it in this code map."""
    kinds: tuple[str, ...] = ()
    """The status lines of its kinds, where they have codes of their own: "450 4.7.322 Certificate expired"."""
    expired: str = ""
    """What the non-delivery report says once the queue has given up."""

    @property
    def code(self) -> str:
        """The enhanced code alone, "4.4.316"."""
        return self.status.split()[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeMap:
    """A code map. `remote-reply` has no row: there the remote's own code is passed on."""

    name: str
    title: str
    rows: tuple[StatusRow, ...]

    def row(self, failure: Failure) -> StatusRow:
        """The row of a failure. Raises LookupError for remote-reply, which has none."""
        for row in self.rows:
            if row.failure is failure:
                return row
        raise LookupError(f"code map {self.name} does not spell {failure}: the remote's own code is passed on")

    def status(self, failure: Failure, code: str | None = None) -> str:
        """The status line of a failure, of the kind that has this code where the code map tells it apart. Raises
        LookupError for remote-reply."""
        row = self.row(failure)
        return next((kind for kind in row.kinds if kind.split()[1] == code), row.status)

    def failures_of(self, code: str) -> frozenset[Failure]:
        """Return the failures that an enhanced code may stand for: none, one, or several."""
        return frozenset(row.failure for row in self.rows if code == row.code or code in row.also)

    def expired(self, failure: Failure) -> str:
        """The status of the non-delivery report after the queue's time is over. Raises LookupError for remote-reply."""
        return self.row(failure).expired
