"""Runs an image as `docker run --read-only --cap-drop ALL --security-opt no-new-privileges` does."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.image.build import Image
from tests.image.root import Mount

PATIENCE = 60.0  # seconds; generous, for a busy machine


class Container:
    """The image's process, in a network of its own; `log` is what it printed."""

    def __init__(self, image: Image, log: Path, mounts: Sequence[Mount], env: Mapping[str, str]) -> None:
        self._image = image
        self._mounts = mounts
        self._env = {**image.settings.env, **env}
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> str:
        """What the process printed."""
        return self._log.read_text()

    def argv(self, command: Sequence[str]) -> list[str]:
        """Return what runs a command in the image, as the image's user."""
        settings = self._image.settings
        return self._image.root.argv(
            command,
            env=self._env,
            workdir=settings.workdir,
            user=settings.user,
            mounts=self._mounts,
            contained=True,
        )

    def __enter__(self) -> Self:
        settings = self._image.settings
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self.argv([*settings.entrypoint, *settings.cmd]), stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process is not None
        if self._process.poll() is None:
            # Its child first: the kernel forgets what --kill-child asked for once the child changes its user.
            with suppress(ProcessLookupError, FileNotFoundError, IndexError):
                os.kill(self.pid, signal.SIGKILL)
            self._process.kill()
            self._process.wait()

    @property
    def pid(self) -> int:
        """Process 1 of the container, as this machine counts."""
        assert self._process is not None
        own = self._process.pid
        return int(Path(f"/proc/{own}/task/{own}/children").read_text().split()[0])

    def execute(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command beside process 1, as `docker exec` does."""
        uid, _, gid = self._image.settings.user.partition(":")
        given = [f"{name}={value}" for name, value in self._env.items()]
        return subprocess.run(
            [
                "nsenter", f"--target={self.pid}", "--mount", "--net", "--pid", "--root", "--wd",
                "setpriv", f"--reuid={uid}", f"--regid={gid}", "--clear-groups",
                "--bounding-set=-all", "--no-new-privs", "env", "-i", *given, *command,
            ],
            capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=PATIENCE, check=False,
        )  # fmt: skip

    def healthy(self) -> bool:
        """Run the image's HEALTHCHECK once."""
        return self.execute(*self._image.settings.health).returncode == 0

    def wait_until_healthy(self) -> None:
        """Wait for it; an AssertionError with the log where the process ends before."""
        assert self._process is not None
        end = time.monotonic() + PATIENCE
        while not (self._started() and self.healthy()):
            assert self._process.poll() is None, f"it has ended:\n{self.log}"
            assert time.monotonic() < end, f"it never became healthy:\n{self.log}"
            time.sleep(0.1)

    def status(self) -> dict[str, str]:
        """Return what /proc tells of process 1."""
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}

    def _started(self) -> bool:
        """Say whether process 1 is the image's: before, it is the shell that sets up its mounts, as root."""
        try:
            return self.status()["Uid"].split()[0] == self._image.settings.user.partition(":")[0]
        except (OSError, IndexError):
            return False

    def stop(self) -> int:
        """Send the image's stop signal; return the exit code."""
        assert self._process is not None
        os.kill(self.pid, signal.Signals[self._image.settings.stop_signal])
        return self._process.wait(PATIENCE)
