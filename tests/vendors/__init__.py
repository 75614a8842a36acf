"""Loopback servers that answer as the vendors document it, and misbehave when told to."""
