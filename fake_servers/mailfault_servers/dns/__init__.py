"""The name server: honest answers from a zone, faults in front."""
