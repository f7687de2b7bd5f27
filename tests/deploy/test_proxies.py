"""The examples for nginx and Caddy in front of a production shop with two workers."""

import asyncio
import getpass
import json
import re
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
import websockets

from tests.deploy.served import PRODUCTION, served_shop

EXAMPLES = Path(__file__).parents[2] / "deploy"
PLACES = "/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin"
PASSWORD = "a long enough password"


class Front:
    """Where a proxy listens, and how to trust it."""

    def __init__(self, kind: str, folder: Path) -> None:
        self.kind = kind
        self.plain, self.secure = _free_port(), _free_port()
        self.url = f"https://localhost:{self.secure}"
        self.trust = ssl.create_default_context(cafile=folder / "fullchain.pem")

    def client(self, *, http2: bool = False) -> httpx.Client:
        return httpx.Client(base_url=self.url, verify=self.trust, http1=not http2, http2=http2)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("production")
    _make_certificate(folder)
    return folder


@pytest.fixture(scope="module")
def shop(folder: Path) -> Iterator[str]:
    """A production shop with two workers."""
    settings = {
        **PRODUCTION,
        "STOREFRONT_SERVER__PUBLIC_URL": "https://localhost",
        "STOREFRONT_SERVER__TRUSTED_PROXIES": "127.0.0.1",
        "STOREFRONT_SERVER__ALLOWED_HOSTS": "localhost",
    }
    with served_shop(folder, workers=2, changes=settings) as url:
        yield url


@pytest.fixture(scope="module", params=["nginx", "caddy"])
def front(request: pytest.FixtureRequest, folder: Path, shop: str) -> Iterator[Front]:
    """An example as it stands, but for its host name, ports, addresses and paths."""
    program = shutil.which(request.param, path=PLACES)
    if program is None:  # `make test` needs neither; `.ci/run` installs both.
        pytest.skip(f"{request.param} is not installed")
    front = Front(request.param, folder)
    configure = {"nginx": _nginx, "caddy": _caddy}[front.kind]
    arguments = configure(folder, front, urlsplit(shop).netloc)
    with _running([program, *arguments], folder / f"{front.kind}.log", front.secure):
        yield front


def _make_certificate(folder: Path) -> None:
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1"),
            *("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"),
            *("-keyout", folder / "privkey.pem", "-out", folder / "fullchain.pem"),
        ],
        check=True,
        capture_output=True,
    )


def _nginx(folder: Path, front: Front, shop: str) -> list[str | Path]:
    text = _changed(
        EXAMPLES / "nginx.conf",
        {
            r"127\.0\.0\.1:8000": shop,
            r"/etc/letsencrypt/live/shop\.example": str(folder),
            r"path /var/lib/nginx": f"path {folder}",
            r"shop\.example": "localhost",
            r"listen \[::\].*\n": "\n",
            r"listen 80;": f"listen 127.0.0.1:{front.plain};",
            r"listen 443 ": f"listen 127.0.0.1:{front.secure} ",
        },
    )
    bodies = "".join(
        f"{kind}_temp_path {folder}/{kind};\n"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    file = folder / "nginx.conf"
    file.write_text(
        f"user {getpass.getuser()};\npid {folder}/nginx.pid;\nworker_processes 1;\n"
        f"events {{}}\nhttp {{\naccess_log off;\n{bodies}{text}}}\n",
        encoding="utf-8",
    )
    return ["-c", file, "-e", folder / "nginx.log", "-p", folder, "-g", "daemon off;"]


def _caddy(folder: Path, front: Front, shop: str) -> list[str | Path]:
    site = f"https://localhost:{front.secure} {{\n\tbind 127.0.0.1\n"
    site += f"\ttls {folder}/fullchain.pem {folder}/privkey.pem\n"
    text = _changed(
        EXAMPLES / "Caddyfile",
        {
            r"127\.0\.0\.1:8000": shop,
            r"(?m)^shop\.example \{\n": site,
        },
    )
    file = folder / "Caddyfile"
    file.write_text(f"{{\n\tadmin off\n\tauto_https off\n}}\n{text}", encoding="utf-8")
    return ["run", "--config", file, "--adapter", "caddyfile"]


def _changed(example: Path, changes: dict[str, str]) -> str:
    text = example.read_text(encoding="utf-8")
    for pattern, replacement in changes.items():
        text, count = re.subn(pattern, replacement, text)
        assert count, f"{example.name} no longer has {pattern}"
    return text


@contextmanager
def _running(command: list[str | Path], log: Path, port: int) -> Iterator[None]:
    with log.open("a") as written, subprocess.Popen(command, stderr=written) as process:
        try:
            deadline = time.monotonic() + 90
            while not _is_open(port):
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < deadline
                time.sleep(0.05)
            yield
        finally:
            process.terminate()


def _is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.mark.parametrize("http2", [False, True])
def test_pages_come_over_both_versions_of_http(front: Front, *, http2: bool) -> None:
    with front.client(http2=http2) as client:
        answer = client.get("/products", headers={"Accept-Encoding": "br"})

    assert answer.status_code == 200
    assert answer.http_version == ("HTTP/2" if http2 else "HTTP/1.1")
    assert answer.headers["content-encoding"] == "br"
    assert answer.headers["strict-transport-security"]
    assert "</html>" in answer.text


def test_plain_http_is_sent_to_https(front: Front) -> None:
    if front.kind == "caddy":  # Nothing in our Caddyfile does it, so there is nothing to test.
        pytest.skip("Caddy does so by itself, on port 80 only")
    answer = httpx.get(f"http://localhost:{front.plain}/products?q=mug")

    assert answer.status_code == 308
    assert answer.headers["location"] == "https://localhost/products?q=mug"


def test_forms_work_as_on_the_shops_own_address(front: Front) -> None:
    with front.client(http2=True) as client:
        _register(client, f"ada.{front.kind}@example.com")
        cookie = next(iter(client.cookies.jar))

        account = client.get("/account")

    assert cookie.name == "__Host-session"
    assert cookie.secure
    assert account.status_code == 200


def test_static_files_come_compressed(front: Front) -> None:
    with front.client(http2=True) as client:
        path = re.search(r'href="(/static/[^"]+\.css)"', client.get("/products").text)
        assert path
        answers = [
            client.get(path[1], headers={"Accept-Encoding": coding})
            for coding in ("br", "gzip", "br", "gzip")
        ]

    assert [answer.headers["content-encoding"] for answer in answers] == ["br", "gzip"] * 2
    if front.kind == "nginx":
        cached = [answer.headers["x-cache"] for answer in answers]
        assert cached == ["MISS", "MISS", "HIT", "HIT"]
    assert len({answer.text for answer in answers}) == 1


async def test_websockets_pass(front: Front) -> None:
    with front.client() as client:
        _register(client, f"eva.{front.kind}@example.com")
        cookie = "; ".join(f"{each.name}={each.value}" for each in client.cookies.jar)
    options = {
        "ssl": front.trust,
        "origin": front.url,
        "additional_headers": {"Cookie": cookie},
        "subprotocols": ["storefront.json"],
    }
    address = front.url.replace("https", "wss") + "/chat"
    async with (
        websockets.connect(address, **options) as one,
        websockets.connect(address, **options) as other,
    ):
        await one.send(json.dumps({"body": "Is anybody there?"}))
        heard = [await _next_message(each) for each in (one, other)]

    assert heard[0] == heard[1]
    assert heard[0]["body"] == "Is anybody there?"


def test_nobody_forges_where_a_request_comes_from(front: Front) -> None:
    forged = {
        "X-Forwarded-For": "127.0.0.1",
        "X-Forwarded-Host": "evil.example",
        "Forwarded": "for=127.0.0.1",
    }
    with front.client() as client:
        figures = client.get("/metrics", headers=forged)
        page = client.get("/sitemap.xml", headers=forged)

    assert figures.status_code == 403
    assert page.status_code == 200
    assert "evil.example" not in page.text


def test_there_is_no_tunnel_of_http2_past_the_proxy(front: Front) -> None:
    upgrade = {
        "Connection": "Upgrade, HTTP2-Settings",
        "Upgrade": "h2c",
        "HTTP2-Settings": "AAMAAABkAAQCAAAAAAIAAAAA",
    }
    with front.client() as client:
        answer = client.get("/products", headers=upgrade)

    assert answer.status_code == 200


def _register(client: httpx.Client, email: str) -> None:
    answer = client.post(
        "/auth/register",
        data={
            "full_name": "Ada Marina",
            "phone": "+34956123456",
            "email": email,
            "password": PASSWORD,
            "password_confirmation": PASSWORD,
        },
        headers={"Origin": str(client.base_url).rstrip("/")},
    )
    assert answer.status_code == 303, answer.text


async def _next_message(socket_: websockets.ClientConnection) -> Any:
    while True:
        heard = json.loads(await asyncio.wait_for(socket_.recv(), 20))
        if heard["kind"] == "message":
            return heard["message"]
