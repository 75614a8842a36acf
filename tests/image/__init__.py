"""A Dockerfile followed without a container engine: its steps in a root of their own, by mount namespaces."""
