"""Faults that punish a client for breaking a rule, as strict hosts do."""

from mailfault_servers.action import Action, Blame, Close
from mailfault_servers.smtp.reply_text import send_reply
from mailfault_servers.smtp.rules import Rule


def punish(rule: Rule) -> tuple[Action, ...]:
    """Return the actions of a strict host towards a client that broke a rule."""
    reply = Blame(rule.name, rule.breach), send_reply(rule.reply)
    return (*reply, Close()) if rule.ends else reply
