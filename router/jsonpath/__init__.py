"""Paths that name values: `$...` (a subset of RFC 9535) and dotted ones (`data.email_addresses.*.id`)."""

from router.jsonpath.dotted import DottedPath
from router.jsonpath.dotted_grammar import ROOTS, compile_dotted, step_spans
from router.jsonpath.path import JsonPath, compile_path
from router.jsonpath.path_error import PathError

__all__ = ["ROOTS", "DottedPath", "JsonPath", "PathError", "compile_dotted", "compile_path", "step_spans"]
