"""What a configuration means, as against what it says: names that nothing has, routes that never run.

Everything here is a warning about a configuration that is free of errors; `lint` notes them.
"""

from router.lint.lint import lint

__all__ = ["lint"]
