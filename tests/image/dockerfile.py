"""Reads a Dockerfile: its stages, and what the last one says of the container."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

_FLAG = re.compile(r"--([a-z-]+)=(\S+)\s+")
_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")


@dataclass(frozen=True)
class Instruction:
    """One instruction: its word, flags and the rest of the line."""

    word: str
    flags: Mapping[str, str]
    value: str

    def arguments(self) -> list[str]:
        """Return the words of the exec form, or of a shell's line."""
        if self.value.startswith("["):
            found: list[str] = json.loads(self.value)
            return found
        return shlex.split(self.value)

    def command(self) -> list[str]:
        """Return what is executed: the exec form, or a shell with the line."""
        return self.arguments() if self.value.startswith("[") else ["/bin/sh", "-c", self.value]


@dataclass(frozen=True)
class Stage:
    """What follows one FROM."""

    base: str
    name: str
    instructions: tuple[Instruction, ...]

    def all(self, word: str) -> list[Instruction]:
        """Return the instructions of a word."""
        return [one for one in self.instructions if one.word == word]


@dataclass
class Settings:
    """What an image tells an engine; `user` is `uid:gid`."""

    env: dict[str, str] = field(
        default_factory=lambda: {"PATH": "/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin"}
    )
    workdir: str = "/"
    user: str = "0:0"
    volumes: list[str] = field(default_factory=list)
    ports: list[str] = field(default_factory=list)
    stop_signal: str = "SIGTERM"
    health: list[str] = field(default_factory=list)
    entrypoint: list[str] = field(default_factory=list)
    cmd: list[str] = field(default_factory=list)

    def apply(self, one: Instruction) -> None:
        """Take in what an instruction says; the others leave it as it is."""
        match one.word:
            case "ENV":
                for pair in shlex.split(_VARIABLE.sub(lambda m: self.env.get(m[1] or m[2], ""), one.value)):
                    name, _, value = pair.partition("=")
                    self.env[name] = value
            case "WORKDIR":
                self.workdir = str(PurePosixPath(self.workdir) / one.value)
            case "USER":
                self.user = one.value
            case "VOLUME":
                self.volumes += one.arguments()
            case "EXPOSE":
                self.ports += one.arguments()
            case "STOPSIGNAL":
                self.stop_signal = one.value
            case "HEALTHCHECK":
                self.health = Instruction("CMD", {}, one.value.removeprefix("CMD").strip()).command()
            case "ENTRYPOINT":
                self.entrypoint = one.command()
            case "CMD":
                self.cmd = one.command()


def parse(text: str, arguments: Mapping[str, str] | None = None) -> list[Stage]:
    """Return the stages; `arguments` win over the defaults of the ARGs before the first FROM."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    known: dict[str, str] = {}
    stages: list[Stage] = []
    for line in "\n".join(lines).replace("\\\n", " ").splitlines():
        if not line.strip():
            continue
        word, _, rest = line.strip().partition(" ")
        flags, rest = {}, rest.strip()
        while found := _FLAG.match(rest):
            flags[found[1]] = found[2]
            rest = rest[found.end() :]
        if word == "FROM":
            base, _, name = _VARIABLE.sub(lambda m: known[m[1] or m[2]], rest).partition(" AS ")
            stages.append(Stage(base, name, ()))
        elif word == "ARG" and not stages:
            name, _, default = rest.partition("=")
            known[name] = (arguments or {}).get(name, default)
        else:
            last = stages[-1]
            stages[-1] = Stage(last.base, last.name, (*last.instructions, Instruction(word, flags, rest)))
    return stages


class Ignored:
    """What a .dockerignore keeps out of the build; the last pattern that fits decides."""

    def __init__(self, text: str) -> None:
        lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
        self._rules = [(line.startswith("!"), _pattern(line.lstrip("!"))) for line in lines]

    def __call__(self, path: PurePosixPath) -> bool:
        """Say whether a path, relative to the context, is left out."""
        out = False
        above = [str(path), *(str(parent) for parent in path.parents if parent.name)]
        for kept, pattern in self._rules:
            if any(pattern.fullmatch(one) for one in above):
                out = not kept
        return out


def _pattern(text: str) -> re.Pattern[str]:
    parts = re.split(r"(\*\*/|\*)", text.strip("/"))
    spelled = {"**/": "(?:.*/)?", "*": "[^/]*"}
    return re.compile("".join(spelled.get(part, re.escape(part)) for part in parts))
