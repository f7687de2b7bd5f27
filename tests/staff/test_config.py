"""The configuration: every setting with its source, and no secret anywhere."""

import pytest
from quart import Quart

from storefront import settings
from storefront.shop import Shop
from tests.staff.people import staff, words_of

SMTP_PASSWORD = "harbour-lights-at-dusk"
METRICS_TOKEN = "count-the-gulls-on-the-pier"
SECRETS = ["an-old-secret-of-no-use-to-strangers-1", "a-new-secret-of-no-use-to-strangers-2"]


@pytest.fixture(scope="module")
def settings_changes() -> dict[str, str]:
    return {
        "STOREFRONT_MAIL__PASSWORD": SMTP_PASSWORD,
        "STOREFRONT_SERVER__METRICS_TOKEN": METRICS_TOKEN,
        "STOREFRONT_SESSION__SECRET": ",".join(SECRETS),
    }


async def test_every_setting_is_explained(app: Quart, shop: Shop) -> None:
    async with await staff(app) as clerk:
        listed = (await clerk.get("/api/v1/config")).json()
        page = words_of(await clerk.get("/staff/config"))

    assert [set(each) for each in listed] == [{"key", "value", "source", "meaning"}] * len(listed)
    by_key = {each["key"]: each for each in listed}
    assert by_key["limits.sign_in"]["value"] == shop.settings.limits.sign_in
    assert by_key["mail.folder"]["source"] == "environment (STOREFRONT_MAIL__FOLDER)"
    assert by_key["shop.currency"]["source"] == "settings/default.toml"
    assert by_key["chat.max_length"]["meaning"] == "Longest chat message in characters."
    for setting in shop.settings.explained():
        assert setting.key in page
        assert setting.source in page


async def test_secrets_are_masked_everywhere(
    app: Quart, database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with await staff(app) as clerk:
        answers = [await clerk.get(path) for path in ("/api/v1/config", "/staff/config")]

    by_key = {each["key"]: each["value"] for each in answers[0].json()}
    assert by_key["mail.password"] == by_key["server.metrics_token"] == "••••••••"
    assert by_key["session.secret"] == "••••••••, ••••••••"
    for text in (answers[0].text, answers[1].text, caplog.text):
        for secret in (SMTP_PASSWORD, METRICS_TOKEN, *SECRETS, database_url):
            assert secret not in text


async def test_development_and_production_stand_side_by_side(app: Quart) -> None:
    async with await staff(app) as clerk:
        page = words_of(await clerk.get("/staff/config"))

    before, _, row = page.partition(" limits.enabled ")
    row = row.partition(" limits.sign_in ")[0]
    assert "false settings/development.toml" in row
    assert "true settings/default.toml" in row
    assert "mail.transport" in before


async def test_meanings_are_told_in_the_readers_language(app: Quart) -> None:
    async with await staff(app) as clerk:
        page = await clerk.get("/staff/config?lang=es")
        assert page.status_code == 200


def test_production_can_be_looked_at_without_its_secrets() -> None:
    values = settings.of_files("production")
    assert values.is_production
    assert values.mail.transport == "smtp"
    with pytest.raises(settings.SettingsError):
        settings.load({"STOREFRONT_ENV": "production"})
