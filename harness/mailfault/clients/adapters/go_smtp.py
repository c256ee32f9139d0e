"""`go-smtp`: net/smtp of Go's own library, by programs/go/netsmtp. Its errors are read through go_smtp.toml."""

from mailfault.clients.build import GO_SMTP
from mailfault.clients.process.library_worker import foreign_adapter


def _command() -> list[str] | None:
    built = GO_SMTP.built()
    return [str(built / "netsmtp")] if built is not None else None


ADAPTER = foreign_adapter(
    "go-smtp", "net/smtp of Go's own library, to a smart host", profile="go_smtp", command=_command, needs="Go"
)
