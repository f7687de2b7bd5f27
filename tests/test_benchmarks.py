"""The benchmark asks for what its cases say, or ends."""

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from benchmarks import wrk
from benchmarks.cases import FRAGMENT, Case, Sample

pytestmark = pytest.mark.skipif(shutil.which("wrk") is None, reason="wrk is missing")


@contextmanager
def listener() -> Iterator[tuple[str, list[tuple[str, str | None]]]]:
    """An address, and what is asked there: each path with its HX-Request header."""
    asked: list[tuple[str, str | None]] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            asked.append((self.path, self.headers["HX-Request"]))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_: object) -> None:
            """wrk hangs up when its second is over."""

    with Server(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", asked
        server.shutdown()


def test_a_case_never_asked_before_asks_for_another_address_each_time() -> None:
    case = Case(
        "never asked before",
        (Sample("/products"),),
        path='"/products?category=" .. pick(categories, n) .. "&max_price=" .. whole(n, 2) + n',
        headers=FRAGMENT,
    )
    with listener() as (url, asked), wrk.script(case.steps, headers=case.all_headers) as script:
        wrk.run(url, script, seed=1)

    assert len(asked) > 10
    assert len(set(asked)) == len(asked)
    assert all(path.startswith("/products?category=") for path, _ in asked)
    assert {is_htmx for _, is_htmx in asked} == {"true"}


def test_a_script_that_cannot_be_read_ends_the_run() -> None:
    with (
        listener() as (url, _asked),
        wrk.script([wrk.Step("n // 2")], headers={}) as script,
        pytest.raises(SystemExit, match="unexpected symbol"),
    ):
        wrk.run(url, script, seed=1)
