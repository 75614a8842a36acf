"""A root file system of its own: the machine's, copied on write, with a Python at /usr/local."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

# The loopback interface of a new network namespace is down.
_LOOPBACK_UP = (
    "import fcntl,socket,struct;"
    "fcntl.ioctl(socket.socket(),0x8914,struct.pack('16sh14x',b'lo',0x41))"  # SIOCSIFFLAGS, IFF_UP | IFF_RUNNING
)
_DEVICES = {"null": 3, "zero": 5, "full": 7, "random": 8, "urandom": 9}  # minors of the major 1

_HIDDEN = ("/root", "/home", "/work", "/srv", "/mnt")


@dataclass(frozen=True)
class Mount:
    """A folder of this machine, put at `target`."""

    source: Path
    target: str
    read_only: bool = False


@dataclass
class Root:
    """What steps have written lies in `folder`; `python` is a prefix such as sys.base_prefix.

    `mounts` are there in every step. The homes and temporary files of this machine are not.
    """

    folder: Path
    python: Path = Path(sys.base_prefix)
    mounts: Sequence[Mount] = ()

    def __post_init__(self) -> None:
        for name in ("upper", "work", "merged"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)

    @property
    def merged(self) -> str:
        """Where the root is, inside of the namespace of a step only."""
        return str(self.folder / "merged")

    def written(self, path: str) -> Path:
        """Return where something lies that a step has written, as this machine sees it."""
        return self.folder / "upper" / path.lstrip("/")

    def argv(
        self,
        command: Sequence[str],
        *,
        env: Mapping[str, str],
        workdir: str = "/",
        user: str = "0:0",
        mounts: Sequence[Mount] = (),
        contained: bool = False,
    ) -> list[str]:
        """Return what runs a command in this root.

        `contained` runs it as an engine does that is asked for a read-only root, no capabilities and no new
        privileges: in a network and as process 1 of its own.
        """
        given = [f"{name}={value}" for name, value in env.items()]
        uid, _, gid = user.partition(":")
        person = ["setpriv", f"--reuid={uid}", f"--regid={gid}", "--clear-groups"]
        person += ["--inh-caps=-all", "--bounding-set=-all", "--no-new-privs"] if contained else []
        move = ["sh", "-euc", 'cd "$0" && exec "$@"', workdir]
        steps = [*self._mounts(mounts)]
        if contained:
            steps += [
                f"mount -o remount,ro {shlex.quote(self.merged)}",
                shlex.join([sys.executable, "-c", _LOOPBACK_UP]),
            ]
        steps.append("exec " + shlex.join(["chroot", self.merged, *person, "env", "-i", *given, *move, *command]))
        spaces = ["--net", "--pid", "--kill-child"] if contained else []
        return ["unshare", "--mount", "--propagation=private", *spaces, "sh", "-euc", "\n".join(steps)]

    def run(
        self, command: Sequence[str], *, env: Mapping[str, str], workdir: str = "/", mounts: Sequence[Mount] = ()
    ) -> str:
        """Run a step to its end, as root; return what it printed. Raises StepError with that if it fails."""
        argv = self.argv(command, env=env, workdir=workdir, mounts=mounts)
        done = subprocess.run(argv, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
        if done.returncode:
            raise StepError(f"{shlex.join(command)}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout

    def _mounts(self, mounts: Sequence[Mount]) -> list[str]:
        merged, dev = shlex.quote(self.merged), shlex.quote(f"{self.merged}/dev")
        upper, work = self.folder / "upper", self.folder / "work"
        layers = shlex.quote(f"lowerdir=/,upperdir={upper},workdir={work}")
        yours = [f"mount -t overlay overlay -o {layers} {merged}"]
        yours += [f"mount -t tmpfs none {merged}{place}" for place in _HIDDEN if Path(place).is_dir()]
        yours += [f"mount -t tmpfs -o mode=1777 none {merged}/tmp", f"mount -t tmpfs none {dev}"]
        yours += [f"mknod -m 666 {dev}/{name} c 1 {minor}" for name, minor in _DEVICES.items()]
        yours += [f"ln -s /proc/self/fd {dev}/fd", f"mount -t proc proc {merged}/proc"]
        if self.python != Path("/usr"):
            yours.append(f"mount --bind {shlex.quote(str(self.python))} {merged}/usr/local")
            yours.append(f"mount -o remount,bind,ro {merged}/usr/local")
            yours.append(f"chroot {merged} ldconfig")  # a shared libpython of /usr/local is found by its cache
        for mount in (*self.mounts, *mounts):
            target = shlex.quote(self.merged + mount.target)
            yours += [f"mkdir -p {target}", f"mount --bind {shlex.quote(str(mount.source))} {target}"]
            yours += [f"mount -o remount,bind,ro {target}"] if mount.read_only else []
        return yours


class StepError(Exception):
    """A step ended with another exit code than 0; the text holds what it printed."""


def impossible(folder: Path) -> str | None:
    """Say why no root can be made here, or None where one can."""
    if os.geteuid() != 0:
        return "a root of its own needs the rights of root"
    missing = [tool for tool in ("unshare", "nsenter", "setpriv", "chroot") if not shutil.which(tool)]
    if missing:
        return f"a root of its own needs {', '.join(missing)}"
    try:
        Root(folder).run(["true"], env={})
    except StepError as error:
        return f"a root of its own cannot be made here: {str(error).strip().splitlines()[-1]}"
    return None
