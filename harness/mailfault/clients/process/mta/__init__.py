"""Mail transfer agents: a spool and configuration for one delivery, and an agent that runs until it has reported."""
