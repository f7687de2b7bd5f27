"""`storefront serve`: a supervisor, its workers, and what happens to them."""

import asyncio
import base64
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

HERE = Path(__file__).parent


@contextmanager
def shop(
    notes: Path,
    *,
    port: int = 0,
    workers: int = 1,
    app: str = "create_app",
    drain_seconds: float = 5,
    slow_seconds: float = 1,
    environment: str = "development",
) -> Iterator[subprocess.Popen[str]]:
    arguments = ["127.0.0.1", str(port), str(workers), app, str(drain_seconds)]
    with subprocess.Popen(
        [sys.executable, str(HERE / "toy_shop.py"), *arguments],
        env={
            **os.environ,
            "STOREFRONT_ENV": environment,
            "PYTHONPATH": str(HERE),
            "TOY_NOTES": str(notes),
            "TOY_SECONDS": str(slow_seconds),
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def opened(process: subprocess.Popen[str]) -> str:
    """Wait for the line that says where the shop is open; returns the URL."""
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line.startswith("Storefront is open at http://127.0.0.1:"), line
    return line.split()[-1]


def worker_of(url: str) -> int:
    return int(httpx.get(f"{url}/worker").text)


def workers_of(url: str, *, count: int, seconds: float = 30) -> set[int]:
    """Ask until `count` different workers have answered."""
    found: set[int] = set()
    deadline = time.monotonic() + seconds
    while len(found) < count:
        assert time.monotonic() < deadline, f"only {found} answered"
        found |= {worker_of(url) for _ in range(5)}
    return found


def wait_until(fact: Callable[[], bool], *, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not fact():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def is_running(pid: int) -> bool:
    try:
        status = Path(f"/proc/{pid}/stat").read_text(encoding="ascii")
    except (FileNotFoundError, ProcessLookupError):
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


def open_chat(url: str) -> socket.socket:
    """Open a WebSocket and read its first message."""
    host, port = url.removeprefix("http://").split(":")
    chat = socket.create_connection((host, int(port)), timeout=30)
    key = base64.b64encode(os.urandom(16)).decode()
    chat.sendall(
        f"GET /chat HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
    )
    received = b""
    while not received.endswith(b"welcome"):
        received += chat.recv(4096)
    return chat


async def test_a_killed_worker_is_replaced_while_the_others_serve_on(tmp_path: Path) -> None:
    with shop(tmp_path, workers=2) as process:
        url = opened(process)
        victim, other = await asyncio.to_thread(workers_of, url, count=2)
        answers: list[int] = []
        stop = asyncio.Event()

        async def shop_on(client: httpx.AsyncClient) -> None:
            while not stop.is_set():
                answers.append(int((await client.get("/worker")).text))
                await asyncio.sleep(0.005)

        # Kept-alive connections to the worker that stays: none of them may notice anything.
        clients: list[httpx.AsyncClient] = []
        while len(clients) < 4:
            client = httpx.AsyncClient(base_url=url)
            if int((await client.get("/worker")).text) == other:
                clients.append(client)
            else:
                await client.aclose()
        streams = [asyncio.create_task(shop_on(client)) for client in clients]
        os.kill(victim, signal.SIGKILL)
        await asyncio.to_thread(wait_until, lambda: not is_running(victim))
        # New connections succeed too, and soon reach the newcomer.
        everybody = await asyncio.to_thread(workers_of, url, count=2)
        stop.set()
        await asyncio.gather(*streams)
        for client in clients:
            await client.aclose()
        assert other in everybody
        assert victim not in everybody
        assert len(answers) > 20
        assert set(answers) == {other}


def test_sigterm_lets_a_slow_request_finish_and_closes_the_application(tmp_path: Path) -> None:
    with shop(tmp_path) as process:
        url = opened(process)
        worker = worker_of(url)
        host, port = url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=30) as slow:
            slow.sendall(b"GET /slow HTTP/1.1\r\nHost: shop\r\n\r\n")
            wait_until((tmp_path / "slow-began").exists)
            process.terminate()
            answer = b""
            while received := slow.recv(4096):
                answer += received
        assert answer.startswith(b"HTTP/1.1 200 ")
        assert answer.endswith(b"done")
        assert process.wait(5) == 0
        assert (tmp_path / f"closed-{worker}").exists()


def test_a_request_slower_than_the_draining_does_not_hold_up_the_end(tmp_path: Path) -> None:
    with shop(tmp_path, drain_seconds=0.5, slow_seconds=60) as process:
        url = opened(process)
        worker = worker_of(url)
        host, port = url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=30) as slow:
            slow.sendall(b"GET /slow HTTP/1.1\r\nHost: shop\r\n\r\n")
            wait_until((tmp_path / "slow-began").exists)
            process.terminate()
            assert process.wait(5) == 0
        assert (tmp_path / f"closed-{worker}").exists()


def test_a_request_slower_than_the_draining_is_told_to_come_back(tmp_path: Path) -> None:
    with shop(tmp_path, drain_seconds=2, slow_seconds=60) as process:
        host, port = opened(process).removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=30) as slow:
            slow.sendall(b"GET /slow HTTP/1.1\r\nHost: shop\r\n\r\n")
            wait_until((tmp_path / "slow-began").exists)
            process.terminate()
            answer = b""
            while received := slow.recv(4096):
                answer += received
        assert answer.startswith(b"HTTP/1.1 503 ")
        assert b"\r\nretry-after: 5\r\n" in answer
        _, err = process.communicate(timeout=30)
        assert "Traceback" not in err


def test_no_request_turns_its_connection_into_http2(tmp_path: Path) -> None:
    """Through a proxy that hands on any upgrade, that would be a tunnel past what it checks."""
    with shop(tmp_path) as process:
        host, port = opened(process).removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=30) as client:
            client.sendall(
                b"GET /worker HTTP/1.1\r\nHost: shop\r\nConnection: Upgrade, HTTP2-Settings\r\n"
                b"Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n\r\n"
            )
            assert client.recv(4096).startswith(b"HTTP/1.1 200 ")


HIDDEN = b"GET /hidden HTTP/1.1\r\nHost: shop\r\n\r\n"
TWO_ENDED = {
    "two kinds of length": b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "the other way round": b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n",
    "two lengths": b"Content-Length: 0\r\nContent-Length: 44\r\n\r\n",
    "an unknown coding": b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "two codings": b"Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n0\r\n\r\n",
    "a space before the colon": b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    "a sign": b"Content-Length: +0\r\n\r\n",
}


def test_what_may_end_in_two_places_is_refused_and_hides_no_other_request(tmp_path: Path) -> None:
    with shop(tmp_path) as process:
        host, port = opened(process).removeprefix("http://").split(":")
        for name, end in TWO_ENDED.items():
            with socket.create_connection((host, int(port)), timeout=30) as client:
                client.sendall(b"POST /worker HTTP/1.1\r\nHost: shop\r\n" + end + HIDDEN)
                answer = b""
                while received := client.recv(4096):
                    answer += received
            assert answer.startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 501 ")), name
            assert answer.count(b"HTTP/1.1 ") == 1, name


def test_sigterm_closes_websockets_at_once_as_going_away(tmp_path: Path) -> None:
    with shop(tmp_path, drain_seconds=30) as process:
        url = opened(process)
        with open_chat(url) as chat:
            began = time.monotonic()
            process.send_signal(signal.SIGTERM)
            frames = b""
            while received := chat.recv(4096):
                frames += received
            assert frames == b"\x88\x02" + (1001).to_bytes(2, "big")
        assert process.wait(5) == 0
        assert time.monotonic() - began < 5
        assert (tmp_path / "chat-left").exists()


def test_quiet_websockets_are_pinged_until_the_worker_leaves(tmp_path: Path) -> None:
    with shop(tmp_path, app="create_app_that_pings_often", drain_seconds=30) as process:
        url = opened(process)
        with open_chat(url) as chat:
            assert chat.recv(2) == b"\x89\x00"
            assert chat.recv(2) == b"\x89\x00"
            process.send_signal(signal.SIGTERM)
            frames = b""
            while received := chat.recv(4096):
                frames += received
            assert frames.replace(b"\x89\x00", b"") == b"\x88\x02" + (1001).to_bytes(2, "big")
        assert process.wait(5) == 0


def test_a_second_interrupt_ends_everything_at_once(tmp_path: Path) -> None:
    with shop(tmp_path, drain_seconds=60, slow_seconds=60) as process:
        url = opened(process)
        worker = worker_of(url)
        host, port = url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=30) as slow:
            slow.sendall(b"GET /slow HTTP/1.1\r\nHost: shop\r\n\r\n")
            wait_until((tmp_path / "slow-began").exists)
            process.send_signal(signal.SIGINT)
            time.sleep(0.3)
            assert process.poll() is None
            process.send_signal(signal.SIGINT)
            assert process.wait(5) == 0
        assert not is_running(worker)


def test_workers_of_a_killed_supervisor_end_and_free_the_port(tmp_path: Path) -> None:
    with shop(tmp_path, workers=2) as process:
        url = opened(process)
        workers = workers_of(url, count=2)
        process.kill()
        process.wait()
        wait_until(lambda: not any(is_running(worker) for worker in workers))
    with shop(tmp_path, port=int(url.rpartition(":")[2])) as process:
        assert opened(process) == url


def test_a_worker_that_has_not_opened_yet_frees_the_port_as_well(tmp_path: Path) -> None:
    """It may be waiting for a database that went with the supervisor."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with shop(tmp_path, port=port, app="create_app_that_starts_slowly") as process:
        wait_until(lambda: any(tmp_path.glob("starting-*")))
        process.kill()
        process.wait()
    with shop(tmp_path, port=port) as process:
        assert opened(process) == f"http://127.0.0.1:{port}"


def test_a_shop_that_has_not_opened_yet_stops_at_once(tmp_path: Path) -> None:
    with shop(tmp_path, app="create_app_that_starts_slowly", drain_seconds=30) as process:
        wait_until(lambda: any(tmp_path.glob("starting-*")))
        process.terminate()
        assert process.wait(5) == 0


def test_a_taken_port_is_refused_in_clear_words(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with shop(tmp_path, port=port) as process:
            out, err = process.communicate(timeout=30)
    assert process.returncode == 1
    assert out == ""
    assert err == (
        f"cannot listen on 127.0.0.1, port {port}: another program is listening there;"
        " stop it or choose another --port\n"
    )


def test_an_application_that_cannot_be_made_ends_with_its_error(tmp_path: Path) -> None:
    with shop(tmp_path, workers=2, app="create_broken_app") as process:
        out, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert out == ""
    assert err.count("RuntimeError: the shop's mail folder is on fire") == 3
    assert "giving up" in err


def test_an_application_that_cannot_start_ends_with_its_error(tmp_path: Path) -> None:
    with shop(tmp_path, app="create_app_that_fails_to_start") as process:
        out, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert out == ""
    assert "Lifespan failure in startup. 'the database is on the moon'" in err


def test_in_production_each_log_line_is_json_with_its_request_and_nobodys_address(
    tmp_path: Path,
) -> None:
    with shop(tmp_path, environment="production") as process:
        assert httpx.get(f"{opened(process)}/log").text == "logged"
        process.terminate()
        _, err = process.communicate(timeout=30)
    lines = [json.loads(line) for line in err.splitlines()]
    (said,) = (line for line in lines if line["logger"] == "toy")
    assert said["message"] == "…@… was refused"
    assert said["level"] == "warning"
    assert said["request_id"] == "ab12"
    assert said["user_id"] == "65f0"


def test_in_development_log_lines_are_readable(tmp_path: Path) -> None:
    with shop(tmp_path) as process:
        assert httpx.get(f"{opened(process)}/log").text == "logged"
        process.terminate()
        _, err = process.communicate(timeout=30)
    assert "WARNING toy: …@… was refused [ab12 65f0]\n" in err
