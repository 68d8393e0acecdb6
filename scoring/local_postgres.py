"""A PostgreSQL server of one's own, from the programs that are installed on this machine.

It listens on a socket in a folder that only its owner can enter: no port, no password, no other
database that could be in the way.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from scoring.errors import ConfigurationError, PermanentError

ACCOUNT = "postgres"
"""Who runs the server where root may not: PostgreSQL refuses root."""
SOCKET_ROOM = 90
"""Longest path of a folder that a socket fits into."""
_PLACES = ("/usr/lib/postgresql", "/usr/pgsql", "/opt/homebrew/opt", "/usr/local/opt")


def find_programs() -> Path:
    """Folder of ``initdb`` and ``pg_ctl``; Debian keeps them off the path.

    Raises:
        ConfigurationError: There is none.
    """
    found = shutil.which("pg_ctl")
    places = [Path(found).resolve().parent] if found else []
    for root in _PLACES:
        places += sorted(Path(root).glob("*/bin"), key=_version, reverse=True)
    for place in places:
        if (place / "initdb").is_file() and (place / "pg_ctl").is_file():
            return place
    raise ConfigurationError(
        "PostgreSQL not started",
        subject="this machine",
        expected="the programs initdb and pg_ctl of PostgreSQL 14 or later",
        got="none",
        next_step="Install it (Debian, Ubuntu: apt-get install postgresql) and repeat the command.",
    )


def _version(folder: Path) -> tuple[int, ...]:
    return tuple(int(part) for part in folder.parent.name.split(".") if part.isdigit())


@dataclass(frozen=True)
class LocalPostgres:
    """One server.

    Attributes:
        programs: Folder of PostgreSQL's programs.
        data: Folder of its data.
        socket: Folder of its socket; a short path.
        log: Its log file, in a folder that its owner can write.
    """

    programs: Path
    data: Path
    socket: Path
    log: Path

    @property
    def exists(self) -> bool:
        """Whether it was made."""
        return (self.data / "PG_VERSION").is_file()

    def create(self) -> None:
        """Make it, with a superuser ``postgres`` whom the socket lets in.

        Raises:
            PermanentError: ``initdb`` refused.
        """
        for folder in (self.data, self.socket):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self.own(folder)
        self._do("initdb", "-A", "trust", "-U", "postgres", "-E", "UTF8", "-D", str(self.data))

    def start(self, *options: str) -> None:
        """Start it and wait until it answers.

        Args:
            *options: Further ``name=value`` of the server.

        Raises:
            PermanentError: It does not start; its log says why.
        """
        self.socket.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.own(self.socket)
        given = ["listen_addresses=", f"unix_socket_directories={self.socket}", *options]
        text = " ".join(f"-c '{option}'" for option in given)
        self._do("pg_ctl", "-D", str(self.data), "-w", "-l", str(self.log), "-o", text, "start")

    def stop(self, mode: str = "fast") -> None:
        """Stop it; ``immediate`` is as if the machine had lost its power.

        Raises:
            PermanentError: It does not stop.
        """
        self._do("pg_ctl", "-D", str(self.data), "-w", "-m", mode, "stop")

    def is_running(self) -> bool:
        """Whether it answers."""
        return self._run("pg_ctl", "-D", str(self.data), "status") == 0

    def own(self, path: Path) -> None:
        """Give a path to the account that runs the server."""
        if os.geteuid() == 0:
            account = pwd.getpwnam(ACCOUNT)
            os.chown(path, account.pw_uid, account.pw_gid)

    def _do(self, program: str, *arguments: str) -> None:
        code = self._run(program, *arguments)
        if code != 0:
            raise PermanentError(
                "PostgreSQL not started",
                subject=f"{program} {arguments[-1]}",
                expected="exit code 0",
                got=f"exit code {code}",
                next_step=f"Read {self._output} and {self.log}; as root, the user {ACCOUNT} must "
                "be able to reach these folders.",
            )

    @property
    def _output(self) -> Path:
        return self.data.parent / "postgres.out"

    def _run(self, program: str, *arguments: str) -> int:
        command = [str(self.programs / program), *arguments]
        if os.geteuid() == 0:
            command = ["runuser", "-u", ACCOUNT, "--", *command]
        # The server lives on and would keep a pipe open, so its words go to a file.
        with self._output.open("ab") as out:
            done = subprocess.run(  # noqa: S603 - fixed programs
                command, check=False, stdout=out, stderr=out, stdin=subprocess.DEVNULL, cwd="/"
            )
        return done.returncode
