"""`go-smtp`: net/smtp of Go's own library, by programs/go/netsmtp.

Its errors are read through go_smtp.toml.
"""

from mailfault.clients.build import GO_SMTP
from mailfault.clients.process.library_worker import built_adapter

ADAPTER = built_adapter(
    GO_SMTP,
    "net/smtp of Go's own library, to a smart host",
    command=lambda built: [str(built / "netsmtp")],
    needs="Go",
)
