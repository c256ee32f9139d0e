"""From the journal to what really happened. Pure."""
