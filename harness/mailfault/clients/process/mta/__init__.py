"""What mail transfer agents need to be taken through one delivery: a spool of their own, and somebody who waits."""
