"""The meaning, usual causes and fixes of each failure, for a person who has to act on a verdict."""

from dataclasses import dataclass

from mailfault.codes.failure import Failure


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """A failure in words."""

    meaning: str
    causes: tuple[str, ...]
    fixes: tuple[str, ...]


def explain(failure: Failure) -> Explanation:
    """Return meaning, likely causes and fixes of a failure."""
    return _EXPLANATIONS[failure]


_EXPLANATIONS = {
    Failure.DNS_QUERY_FAILED: Explanation(
        meaning="Nobody could say where the mail is to go: the look-up of the domain's MX or of the host's address brought "
        "no usable answer. No mail host was tried. Keep the mail queued; names come back.",
        causes=(
            "the domain's DNS hosting is broken (SERVFAIL, REFUSED, no answer, a delegation to a server without the zone)",
            "the domain has expired or its name was mistyped (NXDOMAIN)",
            "the MX names a host that has no address",
        ),
        fixes=(
            "ask the domain's name servers yourself: dig MX domain, then dig A and AAAA for each target",
            "renew the domain, or repair its zone and its delegation",
            "in a connector, check the spelling of the smart host",
        ),
    ),
    Failure.CONNECTION_TIMED_OUT: Explanation(
        meaning="The host's address is known, and nothing was heard from it in time: the connection was never answered, or it was "
        "and not a word of greeting followed. Nothing was said about the message. Keep it queued.",
        causes=(
            "the mail host is down or cut off",
            "a firewall drops connections in silence",
            "the smart host's address is wrong, or an MX record points to an address that is no longer in use",
        ),
        fixes=(
            "try to connect to port 25 of that address from elsewhere",
            "let the firewall in front of the host accept the sender's addresses",
            "correct the address in DNS or in the connector",
        ),
    ),
    Failure.CONNECTION_REFUSED: Explanation(
        meaning="The machine answered, and said that nothing takes mail on that port. Nothing was said about the message. "
        "Keep it queued.",
        causes=(
            "the mail service is stopped, or listens on another port or address",
            "a firewall rejects the sender's address",
            "the environment was shut down and its address given to another machine",
        ),
        fixes=(
            "start the mail service, and check on which address and port it listens",
            "let the firewall accept the sender's addresses",
            "correct the address in DNS or in the connector",
        ),
    ),
    Failure.CANNOT_CONNECT: Explanation(
        meaning="A connection was made, but no session for mail came of it: the host turned it away in the greeting or at "
        "EHLO, or the TLS that was asked for could not be had. Nothing was said about the message. Keep it queued and try again.",
        causes=(
            "the host is busy or going down (421 Service not available)",
            "the host takes no mail from this sender's address (554 in the greeting)",
            "TLS is required, and STARTTLS was not offered, was refused, or its handshake failed",
            "a packet-inspecting firewall hides STARTTLS",
        ),
        fixes=(
            "read the host's own words in the answer: they name the cause",
            "give the host a certificate and let it offer STARTTLS, or no longer require TLS in the connector",
            "switch SMTP inspection off in the firewall (Cisco: no inspect esmtp)",
        ),
    ),
    Failure.CONNECTION_CLOSED: Explanation(
        meaning="A conversation had begun and broke off without a reply: the host closed or reset the connection, or stopped "
        "talking. Keep the mail queued. After the final dot the mail may have been accepted: try again, and risk a second copy, "
        "rather than lose it.",
        causes=(
            "a firewall or load balancer between the two ended the connection",
            "the mail service crashed or was overloaded",
            "the message ran into a scanner that gave up without a reply",
        ),
        fixes=(
            "check the host's log at the time of the connection",
            "switch SMTP inspection off in the firewall, and raise its idle limit for port 25",
            "send a small plain message: if it is accepted, check what scans the large ones",
        ),
    ),
    Failure.CERTIFICATE_INVALID: Explanation(
        meaning="TLS was offered and begun, but the host's certificate does not prove that it is the host that was meant. The "
        "connector demands that proof, so nothing was sent. Keep the mail queued.",
        causes=(
            "the certificate has expired, is not valid yet, or was revoked",
            "it was issued for another name than that of the host",
            "it is self-signed, or issued by an authority that the client does not trust",
            "the host does not send the intermediate certificate",
        ),
        fixes=(
            "check the certificates that the host sends: openssl s_client -starttls smtp -connect host:25 -showcerts",
            "renew the certificate for the right name, and install it together with its intermediates",
            "or correct the name in the connector, or no longer demand a verified certificate",
        ),
    ),
    Failure.REMOTE_REPLY: Explanation(
        meaning="The host spoke for itself: it answered about the sender, the recipient or the message. Its code and words are "
        "the answer and are to be passed on as they are. 4xx: keep the mail queued. 5xx: return it to the sender at once.",
        causes=(
            "the recipient does not exist, is over quota or is protected from this sender",
            "the host defers mail from senders it does not know yet (greylisting)",
            "the message was judged to be spam, too large, or against a policy",
        ),
        fixes=(
            "read the host's words: they are the only information",
            "for a 5xx, correct the address or ask the host's administrator",
        ),
    ),
    Failure.NO_MAIL_SERVICE: Explanation(
        meaning="The domain says in DNS that it takes no mail at all (null MX). That is final: return the mail at once, and try "
        "no connection.",
        causes=("the domain publishes MX 0 with the target \".\" (RFC 7505)", "the address was mistyped"),
        fixes=("correct the address", "if the domain is yours and should take mail, publish a real MX record"),
    ),
    Failure.POLICY_FAILED: Explanation(
        meaning="The recipient's domain demands, by DANE or MTA-STS, a proof that the host did not give. Sending all the same "
        "would defeat the policy. Keep the mail queued.",
        causes=(
            "the TLSA record does not match the host's certificate, or could not be validated",
            "the host is not among those that the MTA-STS policy names, or has no valid certificate",
        ),
        fixes=("renew TLSA records together with the certificate", "publish a policy that names the domain's hosts"),
    ),
    Failure.PROTOCOL_ERROR: Explanation(
        meaning="What came from the host is not SMTP. Nothing was said about the message. Keep it queued.",
        causes=("another service listens on the port", "a middlebox rewrites the conversation"),
        fixes=("connect by hand and see what answers", "remove the middlebox from the path"),
    ),
    Failure.MESSAGE_NOT_TRANSFERABLE: Explanation(
        meaning="The host does not offer an extension that this message needs, so the client may not send it. The host was not "
        "asked, and would be asked in vain next time: return the mail to its sender at once.",
        causes=(
            "an address is not ASCII, and the host does not offer SMTPUTF8 (5.6.7)",
            "the message has 8-bit content, the host does not offer 8BITMIME, and the client does not convert it (5.6.3)",
            "the message is bigger than the SIZE that the host announces (5.3.4)",
        ),
        fixes=(
            "write to an ASCII address of the same recipient, if there is one",
            "send 8-bit content as quoted-printable or base64",
            "make the message smaller, or have the host's limit raised",
        ),
    ),
}  # fmt: skip
