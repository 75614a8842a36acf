"""Explains one event as plain values: its verification, its identification, every route, what became of it."""
