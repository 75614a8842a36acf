"""The pure parts of what measures the router."""
