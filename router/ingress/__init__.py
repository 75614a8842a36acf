"""Receives requests over HTTP: limits, raw bytes, verify, identify, plan, append, answer."""

from router.ingress.ingress import Ingress, Limits, RulesetLike
from router.ingress.unpacking import SERVER_OPTIONS

__all__ = ["SERVER_OPTIONS", "Ingress", "Limits", "RulesetLike"]
