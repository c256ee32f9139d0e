"""The error that is raised where a client cannot be opened."""

from mailfault.errors import MailfaultError


class ClientError(MailfaultError, ValueError):
    """A client cannot be opened as asked. The message names the option or file, the mistake and the remedy."""
