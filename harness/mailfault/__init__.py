"""Does my mail client understand what went wrong? Scenarios, worlds, clients, judging, reports."""
