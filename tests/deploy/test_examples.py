"""The other examples of deploy/ are what their programs take, as far as those are at hand."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from storefront import settings

EXAMPLES = Path(__file__).parents[2] / "deploy"
SECRET = "Yq3vO0pX7nJw5uR1tBzKe9cLmDgHsAfi28-_PQWx"


def test_the_settings_start_a_shop_once_they_are_filled_in(tmp_path: Path) -> None:
    file = tmp_path / "storefront.toml"
    example = (EXAMPLES / "storefront.toml").read_text(encoding="utf-8")
    variables = {"STOREFRONT_ENV": "production", "STOREFRONT_SETTINGS": str(file)}

    file.write_text(example, encoding="utf-8")
    with pytest.raises(settings.SettingsError, match=r"session\.secret"):
        settings.load(variables)
    filled = example.replace('secret = ""', f'secret = "{SECRET}"')
    file.write_text(filled.replace('host = ""', 'host = "mail.example"'), encoding="utf-8")

    assert settings.load(variables).public_url == "https://shop.example"


def test_the_unit_is_one_that_systemd_takes(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:  # As in containers and on other systems.
        pytest.skip("systemd is not installed")
    unit = tmp_path / "storefront.service"
    text = (EXAMPLES / "storefront.service").read_text(encoding="utf-8")
    # Its program is not installed on this machine.
    unit.write_text(text.replace("/opt/storefront/bin/storefront", "/bin/true"), encoding="utf-8")

    checked = subprocess.run(
        ["systemd-analyze", "verify", unit], capture_output=True, text=True, check=False
    )

    assert (checked.returncode, checked.stderr) == (0, "")


def test_the_containers_share_names_secrets_and_a_replica_set_of_three() -> None:
    compose = yaml.safe_load((EXAMPLES / "compose.yaml").read_text(encoding="utf-8"))
    services = compose["services"]
    members = {name for name, each in services.items() if "--replSet" in each.get("command", [])}
    initiation = " ".join(services["replica-set"]["command"])

    assert members == {"mongo1", "mongo2", "mongo3"}
    assert set(re.findall(r'host: "(\w+)"', initiation)) == members
    assert set(services["storefront"]["secrets"]) == set(compose["secrets"])
    assert {volume.split(":")[0] for name in members for volume in services[name]["volumes"]} == (
        members
    )


def test_the_image_holds_all_that_the_wheel_is_made_of() -> None:
    dockerfile = (EXAMPLES / "Dockerfile").read_text(encoding="utf-8")
    allowed = (EXAMPLES / "Dockerfile.dockerignore").read_text(encoding="utf-8")
    project = (EXAMPLES.parent / "pyproject.toml").read_text(encoding="utf-8")
    parts = {"storefront", *re.findall(r'^(\w+) = "storefront/_files/', project, re.MULTILINE)}

    assert parts == {"storefront", "settings", "static", "templates", "translations"}
    assert parts <= set(re.findall(r"^COPY (\w+) ", dockerfile, re.MULTILINE))
    assert parts <= set(re.findall(r"^!(\w+)$", allowed, re.MULTILINE))
