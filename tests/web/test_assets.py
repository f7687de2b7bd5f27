"""Static files have names that change with their content, and are served compressed."""

from pathlib import Path

import httpx
import pytest

from storefront.web.assets import Assets


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "css").mkdir()
    (tmp_path / "fonts").mkdir()
    (tmp_path / "fonts" / "a.woff2").write_bytes(b"font")
    (tmp_path / "css" / "type.css").write_text('@font-face { src: url("../fonts/a.woff2"); }')
    (tmp_path / "css" / "site.css").write_text(
        '@layer base;\n@import url("type.css") layer(base);\n'
    )
    return tmp_path


def test_a_style_sheet_carries_what_it_imports(folder: Path) -> None:
    assets = Assets(folder)

    asset = assets.find(assets.url("css/site.css"))

    assert asset is not None
    text = asset.bodies["identity"].decode()
    assert "@import" not in text
    assert "@layer base {" in text
    assert assets.url("fonts/a.woff2") in text


def test_a_changed_font_changes_the_name_of_the_style_sheet(folder: Path) -> None:
    before = Assets(folder).url("css/site.css")
    (folder / "fonts" / "a.woff2").write_bytes(b"another font")

    assert Assets(folder).url("css/site.css") != before


async def test_a_hashed_file_is_kept_for_ever_and_sent_compressed(
    client: httpx.AsyncClient,
) -> None:
    url = Assets().url("css/site.css")

    answer = await client.get(url, headers={"Accept-Encoding": "br, gzip"})
    again = await client.get(url, headers={"If-None-Match": answer.headers["ETag"]})

    assert answer.status_code == 200
    assert answer.headers["Content-Encoding"] == "br"
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["Content-Type"] == "text/css; charset=utf-8"
    assert again.status_code == 304
    assert again.content == b""


async def test_a_client_that_refuses_brotli_gets_gzip_or_plain(client: httpx.AsyncClient) -> None:
    url = Assets().url("css/site.css")

    zipped = await client.get(url, headers={"Accept-Encoding": "br;q=0, gzip"})
    plain = await client.get(url, headers={"Accept-Encoding": "identity"})

    assert zipped.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert zipped.text == plain.text


async def test_an_unknown_file_is_not_found(client: httpx.AsyncClient) -> None:
    assert (await client.get("/static/css/nothing.css")).status_code == 404
    assert (await client.get("/static/../pyproject.toml")).status_code == 404


async def test_a_file_carries_a_request_id_as_every_answer_does(client: httpx.AsyncClient) -> None:
    first, second = [await client.get("/static/favicon.svg") for _ in range(2)]

    assert len(first.headers["X-Request-ID"]) == 16
    assert first.headers["X-Request-ID"] != second.headers["X-Request-ID"]
