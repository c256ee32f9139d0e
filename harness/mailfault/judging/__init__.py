"""From a journal to a diagnosis, and from three voices to a verdict. Pure."""
