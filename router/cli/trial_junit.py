"""Writes results in JUnit's XML, as pytest does (`xunit2`): Jenkins, GitLab and GitHub's actions read it.

The form is that of the Jenkins xUnit plugin, `junit-10.xsd`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from xml.etree import ElementTree as Xml

from router.testing.outcome import Result

_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, section 2.2


def junit(results: Sequence[Result], told: Sequence[str], at: datetime) -> bytes:
    """Return the report; `told` is the text of each result's failures, `at` when the run began."""
    suites = Xml.Element("testsuites", _numbers(results, "router test"))
    texts = dict(zip((id(result) for result in results), told, strict=True))
    files = dict.fromkeys(result.outcome.case.file for result in results)
    for file in files:
        own = [result for result in results if result.outcome.case.file == file]
        suite = Xml.SubElement(suites, "testsuite", _numbers(own, file))
        suite.set("skipped", "0")
        suite.set("timestamp", at.isoformat(timespec="seconds").replace("+00:00", ""))
        for result in own:
            _case(suite, result, texts[id(result)])
    Xml.indent(suites)
    raw: bytes = Xml.tostring(suites, encoding="utf-8")
    return b'<?xml version="1.0" encoding="utf-8"?>\n' + raw + b"\n"


def _case(suite: Xml.Element, result: Result, told: str) -> None:
    case = result.outcome.case
    names = {"classname": _legal(case.file), "name": _legal(case.name), "time": f"{result.seconds:.6f}"}
    element = Xml.SubElement(suite, "testcase", names)
    if result.outcome.failures:
        message = "; ".join(f"{failure.subject}: {failure.message}" for failure in result.outcome.failures)
        failure = Xml.SubElement(element, "failure", {"message": _legal(message)[:2000], "type": "failure"})
        failure.text = _legal(told)


def _numbers(results: Sequence[Result], name: str) -> dict[str, str]:
    failures = sum(not result.outcome.passed for result in results)
    return {
        "name": _legal(name),
        "tests": str(len(results)),
        "failures": str(failures),
        "errors": "0",
        "time": f"{sum(result.seconds for result in results):.6f}",
    }


def _legal(text: str) -> str:
    return _ILLEGAL.sub("\N{REPLACEMENT CHARACTER}", text)
