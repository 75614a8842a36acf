"""The second listener: health, metrics and the API that changes state."""
