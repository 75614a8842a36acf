"""Follows a Dockerfile: RUN, COPY and the settings, each stage in a root of its own."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from tests.image.dockerfile import Ignored, Instruction, Settings, Stage
from tests.image.root import Mount, Root, StepError

Say = Callable[[str], None]


@dataclass(frozen=True)
class Image:
    """What came out: files and settings."""

    root: Root
    settings: Settings


def build(
    stage: Stage,
    root: Root,
    *,
    context: Path | None = None,
    stages: Mapping[str, Root] | None = None,
    env: Mapping[str, str] | None = None,
    say: Say = lambda line: None,
) -> Image:
    """Follow one stage. `stages` are the roots of earlier ones; `env` is for RUN only, as build arguments are."""
    settings = Settings()
    for one in stage.instructions:
        say(f"{one.word} {one.value}")
        if one.word == "RUN":
            root.run(one.command(), env={**(env or {}), **settings.env}, workdir=settings.workdir)
        elif one.word == "COPY":
            _copy(one, root, settings, context, stages or {})
        elif one.word == "WORKDIR":
            settings.apply(one)
            root.run(["mkdir", "-p", settings.workdir], env=settings.env)
        else:
            settings.apply(one)
    return Image(root, settings)


def _copy(
    one: Instruction, root: Root, settings: Settings, context: Path | None, stages: Mapping[str, Root]
) -> None:
    *sources, target = one.arguments()
    place = PurePosixPath(settings.workdir) / target
    if name := one.flags.get("from"):
        (source,) = sources
        files = stages[name].written(source)
    elif context is None:
        raise StepError(f"COPY {one.value}: there is no context to copy from")
    else:
        files = root.folder / "context"
        gather(context, files, sources)
    root.run(["mkdir", "-p", str(place)], env=settings.env)
    root.run(
        ["cp", "-a", "/copied/.", str(place)], env=settings.env, mounts=[Mount(files, "/copied", read_only=True)]
    )
    if not one.flags.get("from"):
        shutil.rmtree(root.folder / "context")


def gather(context: Path, folder: Path, sources: list[str]) -> None:
    """Put into `folder` what COPY takes from a context, without what its .dockerignore names."""
    ignored = Ignored((context / ".dockerignore").read_text())
    for source in sources:
        start = context / source
        for file in [start] if start.is_file() else sorted(_files(context, start, ignored)):
            relative = file.relative_to(context)
            if not ignored(PurePosixPath(relative.as_posix())):
                (folder / relative).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(file, folder / relative)
    folder.mkdir(exist_ok=True)


def _files(context: Path, start: Path, ignored: Ignored) -> list[Path]:
    """Return the files below; a whole folder at the top that is ignored is not walked."""
    tops = [one for one in start.iterdir() if not ignored(PurePosixPath(one.relative_to(context).as_posix()))]
    return [file for top in tops for file in ([top] if top.is_file() else top.rglob("*")) if file.is_file()]
