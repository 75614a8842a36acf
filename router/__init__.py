"""A config-driven integration router: signed webhooks in, actions out, nothing lost."""

__version__ = "0.1.0"
