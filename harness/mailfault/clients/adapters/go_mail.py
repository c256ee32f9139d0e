"""`go-mail`: the Go library github.com/wneessen/go-mail, by programs/go/gomail.

Its errors are read through go_mail.toml.
"""

from mailfault.clients.build import GO_MAIL
from mailfault.clients.process.library_worker import built_adapter

ADAPTER = built_adapter(
    GO_MAIL,
    "the Go library wneessen/go-mail, to a smart host",
    command=lambda built: [str(built / "gomail")],
    needs="Go",
)
