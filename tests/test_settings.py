"""Settings come from files and the environment, and a bad one stops the start by name."""

from pathlib import Path

import pytest

from storefront import resources, settings
from storefront.settings import Settings, SettingsError

STRONG = "pYw3tq0vJb8mZc5nRk2xLs7dHf4gTa9e"


def load(**variables: str) -> Settings:
    return settings.load(variables)


def refusal(**variables: str) -> str:
    with pytest.raises(SettingsError) as caught:
        load(**variables)
    return str(caught.value)


def test_later_layers_win_and_each_value_knows_its_source(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text('[shop]\nname = "Ours"\ncurrency = "USD"\n')

    loaded = load(STOREFRONT_SETTINGS=str(own), STOREFRONT_SHOP__NAME="Theirs")

    explained = {setting.key: setting for setting in loaded.explained()}
    assert loaded.shop.name == "Theirs"
    assert loaded.shop.currency == "USD"
    assert explained["shop.name"].source == "environment (STOREFRONT_SHOP__NAME)"
    assert explained["shop.currency"].source == str(own)
    assert explained["session.secret"].source == "settings/development.toml"
    assert explained["server.port"].source == "settings/default.toml"


def test_payment_instructions_are_one_text_or_one_per_language(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text(
        '[shop]\nlocales = ["es", "en"]\npayment_instructions = {es = "Paga", en = "Pay"}\n'
    )

    several = load(STOREFRONT_SETTINGS=str(own)).shop
    one = load(STOREFRONT_SHOP__PAYMENT_INSTRUCTIONS=" By card. ").shop

    spoken = [several.payment_instructions_in(code) for code in ("en", "es", "de")]
    assert spoken == ["Pay", "Paga", "Paga"]
    assert [one.payment_instructions_in(code) for code in ("en", "es")] == ["By card."] * 2


def test_the_shop_says_how_to_pay_in_each_of_its_languages() -> None:
    values = load().shop

    texts = {values.payment_instructions_in(code) for code in values.locales}
    assert len(texts) == len(values.locales)


def test_every_setting_has_a_meaning() -> None:
    assert all(setting.meaning.endswith(".") for setting in load().explained())


def test_secrets_are_masked() -> None:
    loaded = load(
        STOREFRONT_SESSION__SECRET=f"{STRONG},old-{STRONG}",
        STOREFRONT_MAIL__PASSWORD="hunter2",
        STOREFRONT_DATABASE__URL="mongodb://user:word@db.example:27017/?replicaSet=rs0",
    )

    shown = {setting.key: setting.value for setting in loaded.explained()}
    assert STRONG not in shown["session.secret"]
    assert "hunter2" not in shown["mail.password"]
    assert shown["database.url"] == "mongodb://db.example:27017/…"
    assert STRONG not in repr(loaded)
    assert len(loaded.session.secret) == 2


def test_an_unknown_key_is_named_with_its_file_and_the_nearest_key(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text("[server]\nprot = 80\n")

    message = refusal(STOREFRONT_SETTINGS=str(own))

    assert "server.prot" in message
    assert str(own) in message
    assert "server.port" in message


def test_an_unknown_variable_is_named() -> None:
    message = refusal(STOREFRONT_SHOP__NAMES="x")

    assert "shop.names" in message
    assert "STOREFRONT_SHOP__NAMES" in message


@pytest.mark.parametrize(
    "toml",
    ['[server]\nport = "80"', "[server]\nport = true", "[shop]\nname = 5", "[limits]\nenabled = 1"],
)
def test_a_wrong_type_is_named_with_its_file(tmp_path: Path, toml: str) -> None:
    own = tmp_path / "own.toml"
    own.write_text(toml)
    key = toml.partition("]")[0].strip("[") + "." + toml.partition("\n")[2].partition(" =")[0]

    message = refusal(STOREFRONT_SETTINGS=str(own))

    assert key in message
    assert str(own) in message


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("STOREFRONT_SERVER__PORT", "eighty"),
        ("STOREFRONT_SERVER__PORT", "70000"),
        ("STOREFRONT_LIMITS__SIGN_IN", "often"),
        ("STOREFRONT_SHOP__LOCALES", "klingon"),
        ("STOREFRONT_MAIL__SECURITY", "maybe"),
        ("STOREFRONT_LIMITS__ENABLED", "perhaps"),
    ],
)
def test_a_bad_value_in_the_environment_is_named(variable: str, value: str) -> None:
    message = refusal(**{variable: value})

    assert variable in message


def test_an_unknown_environment_is_refused() -> None:
    assert "STOREFRONT_ENV" in refusal(STOREFRONT_ENV="staging")


def test_a_missing_or_broken_file_is_named(tmp_path: Path) -> None:
    broken = tmp_path / "broken.toml"
    broken.write_text("[server\n")

    assert "nowhere.toml" in refusal(STOREFRONT_SETTINGS=str(tmp_path / "nowhere.toml"))
    assert str(broken) in refusal(STOREFRONT_SETTINGS=str(broken))


@pytest.mark.parametrize(
    "secret", ["", "short", "a" * 64, "development-only-this-secret-is-public", f"{STRONG},weak"]
)
def test_production_refuses_a_missing_or_weak_secret(secret: str) -> None:
    message = refusal(
        STOREFRONT_ENV="production",
        STOREFRONT_SESSION__SECRET=secret,
        STOREFRONT_MAIL__HOST="mail.example",
    )

    assert message.startswith("session.secret in ")


def test_production_refuses_to_run_without_limits() -> None:
    message = refusal(
        STOREFRONT_ENV="production",
        STOREFRONT_SESSION__SECRET=STRONG,
        STOREFRONT_MAIL__HOST="mail.example",
        STOREFRONT_LIMITS__ENABLED="false",
    )

    assert message.startswith("limits.enabled in environment (STOREFRONT_LIMITS__ENABLED)")


def test_production_starts_with_a_strong_secret() -> None:
    loaded = load(STOREFRONT_ENV="production", STOREFRONT_SESSION__SECRET=STRONG)

    assert loaded.is_production


def test_every_setting_is_read_somewhere() -> None:
    code = "\n".join(
        file.read_text()
        for file in (resources.ROOT / "storefront").rglob("*.py")
        if file.name != "settings.py"
    )

    unused = [
        setting.key
        for setting in load().explained()
        if f".{setting.key}" not in code and f".{setting.key.partition('.')[2]}" not in code
    ]
    assert unused == []
