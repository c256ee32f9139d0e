"""What adapters over Python mail libraries share."""
