"""Runs the embedded database: a server of its own beside the shop, never inside it.

The server (`secantusd-py`, from the optional extra `embedded`) is under the GPL and therefore only
ever started as a command. One process, the owner, starts it for a data directory and keeps it
alive; all others join. In that directory:

- `data/` is the server's own, `server.log` what it printed, `server.toml` its empty configuration;
- `server.json` names the running server: its port, its owner's process id and role;
- `owner.lock` is locked by the owner, `guests.lock` (shared) by commands that joined. The kernel
  releases both when their holder ends, however it ends, so nothing here can be stale for long.
"""

import fcntl
import json
import logging
import os
import secrets
import shutil
import socket
import struct
import sys
import sysconfig
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Literal

from storefront.embedded_server import EmbeddedServer

Role = Literal["shop", "command"]

_log = logging.getLogger(__name__)

_POLL_SECONDS = 0.05
_LOCK_WAIT_SECONDS = 10
_START_SECONDS = 30
_STOP_SECONDS = 10

# Below the range from which systems take ports for outgoing connections: a client that reconnects
# while the server restarts could otherwise be given the server's port and hold it.
_PORTS = range(20_000, 30_000)


class EmbeddedDatabaseError(Exception):
    """The embedded database cannot be used; the message is for the person at the terminal."""


class EmbeddedDatabaseMissing(EmbeddedDatabaseError):  # noqa: N818 - says what is the matter
    """The optional extra with the database is not installed."""

    def __init__(self) -> None:
        super().__init__(
            'database.url is "embedded", but the embedded database is not installed: install'
            " storefront[embedded], which is `pip install SecantusDB`, or set"
            " STOREFRONT_DATABASE__URL to a MongoDB replica set."
        )


@dataclass(frozen=True)
class _Owner:
    port: int
    pid: int
    role: Role


@contextmanager
def embedded_database(path: Path, *, role: Role) -> Iterator[str]:
    """Give the URL of the database in `path`, which is started unless it runs already.

    A "command" joins a running database and leaves it running. A "shop" is refused while another
    shop runs on `path`, and waits up to 10 s for a command that owns the database to end. Raises
    EmbeddedDatabaseError.
    """
    _executable()  # Without it, nothing is left behind.
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise EmbeddedDatabaseError(f"cannot make the folder {path}: {error.strerror}") from error
    deadline = time.monotonic() + _LOCK_WAIT_SECONDS
    while (owner_lock := _lock(path / "owner.lock", fcntl.LOCK_EX)) is None:
        owner = _read_owner(path)
        if owner is not None and owner.role == "shop" and role == "shop":
            raise EmbeddedDatabaseError(
                f"another shop is already running on {path} (process {owner.pid})"
            )
        guest_lock = _lock(path / "guests.lock", fcntl.LOCK_SH) if role == "command" else None
        if guest_lock is not None:
            with guest_lock:
                if owner is not None and _answers(owner.port):
                    yield url_of(owner.port)
                    return
        if time.monotonic() > deadline:
            raise _still_used(path, owner)
        time.sleep(_POLL_SECONDS)
    with owner_lock, _owned_database(path, role=role) as url:
        yield url


def join(path: Path, *, wait_seconds: float = 10) -> str:
    """Return the URL of the database that another process runs on `path`.

    For the shop's own workers, which end with the shop. Raises EmbeddedDatabaseError when none
    answers within `wait_seconds`.
    """
    deadline = time.monotonic() + wait_seconds
    while True:
        owner = _read_owner(path)
        if owner is not None and _is_owned(path) and _answers(owner.port):
            return url_of(owner.port)
        if time.monotonic() > deadline:
            raise EmbeddedDatabaseError(f"no embedded database is running on {path}")
        time.sleep(_POLL_SECONDS)


def url_of(port: int) -> str:
    """Return the MongoDB URL of an embedded database on this machine."""
    return (
        f"mongodb://127.0.0.1:{port}/?replicaSet=secantus"
        "&serverSelectionTimeoutMS=3000&maxPoolSize=50&maxIdleTimeMS=240000"
    )


@contextmanager
def _owned_database(path: Path, *, role: Role) -> Iterator[str]:
    owner = _Owner(port=_free_port(), pid=os.getpid(), role=role)
    server = EmbeddedServer(
        _command(path, port=owner.port),
        log_path=path / "server.log",
        lock_wait_seconds=_LOCK_WAIT_SECONDS,
    )
    _write_owner(path, owner)
    server.start()
    try:
        _wait_until_ready(server, owner.port)
        yield url_of(owner.port)
    finally:
        if role == "command":
            _wait_for_guests(path)
        (path / "server.json").unlink(missing_ok=True)
        server.stop(wait_seconds=_STOP_SECONDS)


def _wait_until_ready(server: EmbeddedServer, port: int) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while not _answers(port):
        if server.failure is not None:
            raise EmbeddedDatabaseError(f"the embedded database did not start: {server.failure}")
        if time.monotonic() > deadline:
            raise EmbeddedDatabaseError(
                f"the embedded database did not answer within {_START_SECONDS} s;"
                f" see {server.log_path}"
            )
        time.sleep(_POLL_SECONDS)
    server.ready.set()


def _wait_for_guests(path: Path) -> None:
    """Wait for the commands that joined our database: they have no other."""
    guests = _lock(path / "guests.lock", fcntl.LOCK_EX)
    if guests is None:
        _log.warning("Waiting for another command to finish with the database in %s", path)
    while guests is None:
        time.sleep(_POLL_SECONDS)
        guests = _lock(path / "guests.lock", fcntl.LOCK_EX)
    guests.close()


def _still_used(path: Path, owner: _Owner | None) -> EmbeddedDatabaseError:
    user = "another process" if owner is None else f"a {owner.role} (process {owner.pid})"
    return EmbeddedDatabaseError(
        f"the database in {path} is still in use by {user}; try again when it has ended"
    )


def _command(path: Path, *, port: int) -> list[str]:
    # A configuration file of our own, though empty, keeps the server from looking for others.
    configuration = path / "server.toml"
    configuration.touch()
    return [
        _executable(),
        *("--config", str(configuration)),
        *("--host", "127.0.0.1", "--port", str(port)),
        *("--storage-path", str(path / "data")),
        *("--sync-on-commit", "--cache-size", "256M", "--log-level", "WARNING"),
    ]


def _executable() -> str:
    beside_python = [sysconfig.get_path("scripts"), str(Path(sys.executable).parent)]
    for places in (os.pathsep.join(beside_python), None):
        found = shutil.which("secantusd-py", path=places)
        if found is not None:
            return found
    raise EmbeddedDatabaseMissing


def _free_port() -> int:
    for _ in range(100):
        port = secrets.choice(_PORTS)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise EmbeddedDatabaseError("found no free port on 127.0.0.1 for the embedded database")


def _write_owner(path: Path, owner: _Owner) -> None:
    draft = path / "server.json.new"
    draft.write_text(json.dumps(asdict(owner)), encoding="utf-8")
    draft.replace(path / "server.json")


def _read_owner(path: Path) -> _Owner | None:
    try:
        return _Owner(**json.loads((path / "server.json").read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def _is_owned(path: Path) -> bool:
    lock = _lock(path / "owner.lock", fcntl.LOCK_SH)
    if lock is not None:
        lock.close()
    return lock is None


def _lock(path: Path, kind: int) -> IO[bytes] | None:
    """Return the file locked until it is closed, or None where somebody else holds the lock."""
    try:
        file = path.open("ab")
    except OSError as error:
        raise EmbeddedDatabaseError(f"cannot write {path}: {error.strerror}") from error
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    return file


def _answers(port: int) -> bool:
    """Say whether an embedded database answers a `hello` on this port of this machine."""
    # Spelt out, so that the supervisor of a shop needs no MongoDB driver: BSON of
    # {"hello": 1, "$db": "admin"} in an OP_MSG (code 2013) without flags, section kind 0.
    fields = b"\x10hello\x00\x01\x00\x00\x00" + b"\x02$db\x00\x06\x00\x00\x00admin\x00" + b"\x00"
    body = struct.pack("<IB", 0, 0) + struct.pack("<i", len(fields) + 4) + fields
    message = struct.pack("<iiii", 16 + len(body), 1, 0, 2013) + body
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
            connection.sendall(message)
            return b"setName\x00\x09\x00\x00\x00secantus\x00" in connection.recv(65_536)
    except OSError:
        return False
