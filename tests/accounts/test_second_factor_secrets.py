"""What is encrypted with ``session.secret`` survives its change, as sessions do."""

from collections.abc import Awaitable, Callable
from typing import Any

import pyotp
import pytest
from pydantic import SecretStr
from quart import Quart

from storefront.accounts import sealing, second_factor_setup
from storefront.shop import Shop
from storefront.web.redaction import redact
from tests.accounts.factors import api_login, with_factor
from tests.conftest import browser

OLD = "test-only-this-secret-is-public-too"
NEW = "test-only-another-secret-that-is-public"

Rotate = Callable[..., None]


@pytest.fixture
def rotate(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Rotate:
    """Let the shop have these secrets from now on."""

    def set_secrets(*secrets: str) -> None:
        values = shop.settings.values
        session = values.session.model_copy(
            update={"secret": [SecretStr(secret) for secret in secrets]}
        )
        monkeypatch.setitem(
            shop.settings.__dict__, "values", values.model_copy(update={"session": session})
        )

    return set_secrets


async def _sealed(shop: Shop, email: str) -> Any:
    user = await shop.database["users"].find_one({"email": email})
    return (await shop.database["second_factors"].find_one({"_id": user["_id"]}))["sealed_key"]


@pytest.mark.parametrize("how", ["sign-in", "start"])
async def test_the_key_moves_to_the_new_secret(
    app: Quart, shop: Shop, rotate: Rotate, how: str
) -> None:
    _, email, phone, _ = await with_factor(app)
    before = await _sealed(shop, email)
    rotate(NEW, OLD)
    moves: dict[str, Callable[[], Awaitable[Any]]] = {
        "sign-in": lambda: api_login(guest, email, phone.code()),
        "start": lambda: second_factor_setup.reseal_all(shop),
    }
    async with browser(app) as guest:
        await moves[how]()
        after = await _sealed(shop, email)
        assert after != before
        await phone.rest(shop)
        await moves[how]()
        assert await _sealed(shop, email) == after

        rotate(NEW)
        await phone.rest(shop)
        assert (await api_login(guest, email, phone.code())).status_code == 200


async def test_without_its_secret_only_recovery_codes_open(
    app: Quart, shop: Shop, rotate: Rotate
) -> None:
    _, email, phone, codes = await with_factor(app)
    rotate(NEW)
    async with browser(app) as guest:
        assert await second_factor_setup.reseal_all(shop) >= 1
        assert (await api_login(guest, email)).status_code == 401
        assert (await api_login(guest, email, phone.code())).status_code == 401
        assert (await api_login(guest, email, codes[0])).status_code == 200


def test_what_is_sealed_opens_for_its_purpose_only(shop: Shop) -> None:
    sealed = sealing.seal(shop, "key", purpose="second factor of a")

    assert sealing.unseal(shop, sealed, purpose="second factor of a") == "key"
    assert sealing.unseal(shop, sealed, purpose="second factor of b") is None
    assert sealing.unseal(shop, "nonsense", purpose="second factor of a") is None
    assert sealing.unseal(shop, "ñ", purpose="second factor of a") is None


def test_a_key_is_taken_out_of_what_is_logged(shop: Shop) -> None:
    key = pyotp.random_base32()

    assert key not in redact(f"otpauth://totp/Shop:a?secret={key}&issuer=Shop", shop.settings)
    assert key not in redact(f"ValueError: {key!r}", shop.settings)
