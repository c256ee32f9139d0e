"""`angus-mail`: Eclipse Angus Mail, which is Jakarta Mail, by programs/angus_mail. Its exceptions are read through
angus_mail.toml."""

import shutil

from mailfault.clients.build import ANGUS_MAIL
from mailfault.clients.process.library_worker import foreign_adapter

# It is started anew in each world: a virtual machine that is soon there, and small, for many run at once.
_SMALL = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-XX:-UsePerfData", "-Xshare:auto", "-Xmx64m")


def _command() -> list[str] | None:
    java, built = shutil.which("java"), ANGUS_MAIL.built()
    if java is None or built is None:
        return None
    return [java, *_SMALL, "-cp", f"{built}/classes:{built}/lib/*", "AngusMail"]


ADAPTER = foreign_adapter(
    "angus-mail",
    "Jakarta Mail, the mail library of Java, to a smart host",
    profile="angus_mail",
    command=_command,
    needs="a JDK and mvn",
)
