"""`go-mail`: github.com/wneessen/go-mail, by programs/go/gomail. Its errors are read through go_mail.toml."""

from mailfault.clients.build import GO_MAIL
from mailfault.clients.process.library_worker import foreign_adapter


def _command() -> list[str] | None:
    built = GO_MAIL.built()
    return [str(built / "gomail")] if built is not None else None


ADAPTER = foreign_adapter(
    "go-mail", "the Go library wneessen/go-mail, to a smart host", profile="go_mail", command=_command, needs="Go"
)
