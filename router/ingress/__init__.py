"""Receives requests over HTTP: limits, raw bytes, verify, identify, plan, append, answer."""

from router.ingress.ingress import Ingress, Limits, RulesetLike

__all__ = ["Ingress", "Limits", "RulesetLike"]
