"""The admin listener: health, metrics, and what changes the journal."""
