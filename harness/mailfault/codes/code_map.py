"""Code maps: the status code by which one kind of client reports each failure. Pure data and look-ups.

A code map is chosen by `--profile`. A client profile (`--client-profile`) is another thing: it says how to read the
output of one client.
"""

from dataclasses import dataclass

from mailfault.codes.failure import Failure
from mailfault.errors import MailfaultError


class CodeMapError(MailfaultError, ValueError):
    """A code map's file is wrong; the message lists every mistake."""


class UnknownCodeMap(MailfaultError, LookupError):
    """No code map has this name; the hint names the nearest and the known ones."""


class NoStatus(MailfaultError, LookupError):
    """A failure has no status in the code map: `remote-reply`, which is passed on as the remote said it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusRow:
    """The status codes of one failure."""

    failure: Failure
    status: str
    """Status line while the message is queued, "450 4.4.316 Connection refused"."""
    source: str
    """The article or RFC clause that gives it."""
    also: tuple[str, ...] = ()
    """Further enhanced codes that mean this failure."""
    kinds: tuple[str, ...] = ()
    """Status lines of the failure's kinds, if they have codes of their own: "450 4.7.322 Certificate expired"."""
    expired: str = ""
    """Status line of the non-delivery report, once the queue gives up."""

    @property
    def code(self) -> str:
        """The enhanced code of `status`, "4.4.316"."""
        return self.status.split()[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeMap:
    """A row for each failure except `remote-reply`, whose code is the remote's own."""

    name: str
    title: str
    rows: tuple[StatusRow, ...]

    def row(self, failure: Failure) -> StatusRow:
        """Return the row of a failure. Raises NoStatus for remote-reply."""
        for row in self.rows:
            if row.failure is failure:
                return row
        raise NoStatus(f"code map {self.name} has no status for {failure}: the remote's own code is passed on")

    def status(self, failure: Failure, code: str | None = None) -> str:
        """Return the status line of a failure, of the kind with this enhanced code if the map has one.

        Raises NoStatus for remote-reply.
        """
        row = self.row(failure)
        return next((kind for kind in row.kinds if kind.split()[1] == code), row.status)

    def failures_of(self, code: str) -> frozenset[Failure]:
        """Return the failures that an enhanced code may mean: none, one, or several."""
        return frozenset(row.failure for row in self.rows if code == row.code or code in row.also)

    def expired(self, failure: Failure) -> str:
        """Return the status line of the non-delivery report. Raises NoStatus for remote-reply."""
        return self.row(failure).expired
