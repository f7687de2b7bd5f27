"""The whole shop in real processes: supervisor, two workers, embedded database, mail server."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pymongo

ROOT = Path(__file__).parents[2]
STOREFRONT = Path(sys.executable).with_name("storefront")
WORKERS = 2


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class World:
    """The processes of one shop below ``folder``; each can be killed and started again."""

    folder: Path
    port: int
    mail_port: int
    shop: subprocess.Popen[bytes] | None = None
    mail: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def ledger(self) -> Path:
        """What the mail server has taken, a JSON object a line."""
        return self.folder / "mails.jsonl"

    @property
    def log(self) -> Path:
        return self.folder / "shop.log"

    def start_shop(self) -> None:
        variables = {
            "STOREFRONT_ENV": "test",
            "STOREFRONT_DATABASE__PATH": str(self.folder / "database"),
            "STOREFRONT_DATABASE__NAME": "crash",
            "STOREFRONT_MAIL__TRANSPORT": "smtp",
            "STOREFRONT_MAIL__HOST": "127.0.0.1",
            "STOREFRONT_MAIL__PORT": str(self.mail_port),
            "STOREFRONT_MAIL__SECURITY": "none",
            "STOREFRONT_SERVER__PORT": str(self.port),
            "STOREFRONT_SERVER__WORKERS": str(WORKERS),
        }
        with self.log.open("ab") as log:
            self.shop = subprocess.Popen(
                [STOREFRONT, "serve"], env=os.environ | variables, stdout=log, stderr=log
            )

    def start_mail(self) -> None:
        self.ledger.touch()
        with (self.folder / "mail.log").open("ab") as log:
            self.mail = subprocess.Popen(
                [
                    *(sys.executable, "-m", "tests.reliability.mail_process"),
                    *(str(self.mail_port), self.ledger),
                ],
                cwd=ROOT,
                stdout=log,
                stderr=log,
            )

    def workers(self) -> list[int]:
        """Process ids of the workers that run now."""
        return self._children("storefront.serving_worker")

    def database(self) -> list[int]:
        """Process id of the embedded database, in a list that is empty while there is none."""
        return self._children("secantusd-py")

    def _children(self, name: str) -> list[int]:
        if self.shop is None:
            return []
        found = []
        # Children belong to the thread that started them.
        for children in Path(f"/proc/{self.shop.pid}/task").glob("*/children"):
            with contextlib.suppress(OSError):
                found += [
                    int(child)
                    for child in children.read_text().split()
                    if name.encode() in Path(f"/proc/{child}/cmdline").read_bytes()
                ]
        return found

    def kill_shop(self) -> None:
        """The supervisor, without a word: everything below it has to go with it."""
        if self.shop:
            self.shop.kill()
            self.shop.wait()

    def kill_mail(self) -> None:
        if self.mail:
            self.mail.kill()
            self.mail.wait()

    def wait_until_ready(self, *, seconds: float = 90) -> float:
        """Both workers run and the shop is ready; returns how long that took."""
        started = time.monotonic()
        while time.monotonic() - started < seconds:
            with contextlib.suppress(httpx.TransportError):
                answer = httpx.get(f"{self.url}/health/ready", timeout=10)
                if answer.status_code == 200 and len(self.workers()) == WORKERS:
                    return time.monotonic() - started
            if self.shop is None or self.shop.poll() is not None:
                break
            time.sleep(0.1)
        end = self.log.read_text(errors="replace")[-3000:]
        raise AssertionError(f"The shop did not become ready within {seconds} s:\n{end}")

    @contextlib.contextmanager
    def inside(self) -> Iterator[Any]:
        """The database as it is, read without the shop."""
        port = json.loads((self.folder / "database" / "server.json").read_text())["port"]
        url = f"mongodb://127.0.0.1:{port}/?replicaSet=secantus"
        with pymongo.MongoClient[Any](
            url, serverSelectionTimeoutMS=20_000, tz_aware=True
        ) as client:
            yield client["crash"]


@contextlib.contextmanager
def world(folder: Path) -> Iterator[World]:
    """A new, empty shop that is ready."""
    made = World(folder, free_port(), free_port())
    try:
        made.start_mail()
        made.start_shop()
        made.wait_until_ready()
        yield made
    finally:
        if made.shop:
            made.shop.send_signal(signal.SIGTERM)
            try:
                made.shop.wait(30)
            except subprocess.TimeoutExpired:
                made.kill_shop()
        made.kill_mail()
