"""Files and forms of any content are taken or refused in words; nothing fails, nothing hangs."""

import contextlib
import io
import json
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as amount
from hypothesis import strategies as st
from quart import Quart

from storefront import settings
from storefront.accounts.model import Role
from storefront.catalogue import transfer_csv, transfer_jsonl
from storefront.catalogue.transfer_rows import FileRefusedError
from storefront.settings import SettingsError
from tests.carts.shelves import customer
from tests.security.test_permissions import REQUESTS

IS_LONG = bool(os.environ.get("STOREFRONT_LONG_TESTS"))
HEADER = "product,name,category,description,unit_price,stock,option.size,photo,sku\r\n"
CELLS = st.one_of(
    st.text(max_size=30),
    st.sampled_from(["", "1", "-1", "9" * 400, "1.5", "=1+1", '"', "\x00", "\ud800", "mugs", "M"]),
)
ROWS = st.lists(st.lists(CELLS, max_size=10).map(",".join), max_size=8).map("\r\n".join)
CSV = st.one_of(st.binary(), ROWS.map(lambda text: (HEADER + text).encode(errors="surrogatepass")))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | CELLS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(CELLS, inner, max_size=4),
    max_leaves=10,
)
DRAFTS = st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(
        ("name", "category", "description", "unit_price", "stock", "variants", "photo"), JSON
    ),
)
LINES = st.lists(DRAFTS | JSON, max_size=5).map(lambda found: "\n".join(map(json.dumps, found)))
SECTIONS = ("server", "database", "session", "mail", "shop", "chat", "limits")
KEYS = ("port", "url", "secret", "locales", "api", "sign_in", "photo_hosts", "trusted_proxies", "x")
TOML = st.one_of(
    st.binary(),
    st.builds(
        lambda section, key, value: f"[{section}]\n{key} = {json.dumps(value)}\n".encode(),
        st.sampled_from(SECTIONS),
        st.sampled_from(KEYS),
        JSON,
    ),
)
PAGE_FORMS = [
    (method, rule)
    for method, rule in REQUESTS
    if method != "GET" and not rule.startswith("/api/") and "sessions" not in rule
    if rule not in {"/auth/logout"} and not rule.startswith(("/productos", "/carrito"))
]
NAMES = (
    "full_name",
    "phone",
    "email",
    "password",
    "password_confirmation",
    "current_password",
    "next",
    "language",
    "theme",
    "product_id",
    "quantity",
    "sku",
    "recipient",
    "line1",
    "line2",
    "city",
    "region",
    "postal_code",
    "country",
    "total",
    "body",
    "client_id",
    "status",
    "note",
    "name",
    "category",
    "unit_price",
    "stock",
    "version",
    "role",
    "blocked",
    "option.size",
)
FIELDS = st.sampled_from(NAMES)


@amount(max_examples=3_000 if IS_LONG else 100, deadline=None)
@given(CSV)
def test_any_csv_is_read_or_refused(content: bytes) -> None:
    with contextlib.suppress(FileRefusedError):
        list(transfer_csv.read(io.BytesIO(content)))


@amount(max_examples=3_000 if IS_LONG else 100, deadline=None)
@given(st.binary() | LINES.map(str.encode))
def test_any_json_lines_are_read_or_refused(content: bytes) -> None:
    with contextlib.suppress(FileRefusedError):
        list(transfer_jsonl.read(io.BytesIO(content)))


@amount(
    max_examples=2_000 if IS_LONG else 60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(content=TOML)
def test_any_settings_file_is_read_or_refused_by_name(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "fuzzed.toml"
    file.write_bytes(content)
    message = ""
    try:
        settings.load({"STOREFRONT_ENV": "test", "STOREFRONT_SETTINGS": str(file)})
    except SettingsError as refused:
        message = str(refused)
    assert message == "" or "fuzzed.toml" in message


@pytest.mark.filterwarnings("ignore:Do not use the `random` module")  # The shop beside it does.
@pytest.mark.parametrize("role", [Role.CUSTOMER, Role.ADMIN])
async def test_no_form_makes_the_shop_fail(app: Quart, role: Role) -> None:
    """The same forms each time, for a failure to be found again; others in the long form."""
    typed: list[dict[str, str]] = []

    @amount(
        max_examples=40 if IS_LONG else 4, deadline=None, derandomize=not IS_LONG, database=None
    )
    @given(st.dictionaries(FIELDS, CELLS, min_size=3, max_size=30))
    def collect(fields: dict[str, str]) -> None:
        typed.append({name: text.replace("\ud800", "?") for name, text in fields.items()})

    collect()
    for method, rule in PAGE_FORMS:
        path = "/".join("1" if part.startswith("<") else part for part in rule.split("/"))
        client = await customer(app, role=role)
        for fields in typed:
            answer = await client.request(method, path, data=fields)
            assert answer.status_code < 500, (method, path, fields, answer.text)
        await client.aclose()
