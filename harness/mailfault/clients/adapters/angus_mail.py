"""`angus-mail`: Eclipse Angus Mail, the implementation of Jakarta Mail, by programs/angus_mail.

Its exceptions are read through angus_mail.toml.
"""

from mailfault.clients.build import ANGUS_MAIL
from mailfault.clients.process.library_worker import built_adapter

# A virtual machine starts for each world in the sandbox, and many run at once: start fast, stay small.
_JAVA = ("java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-XX:-UsePerfData", "-Xshare:auto", "-Xmx64m")

ADAPTER = built_adapter(
    ANGUS_MAIL,
    "Jakarta Mail, the mail library of Java, to a smart host",
    command=lambda built: [*_JAVA, "-cp", f"{built}/classes:{built}/lib/*", "AngusMail"],
    runtime="java",
    needs="a JDK and mvn",
)
