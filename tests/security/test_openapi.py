"""What the API's description says is true, and nothing that fits it or not makes the shop fail.

The same requests of each kind always; with STOREFRONT_LONG_TESTS=1 some thousands, which takes half
an hour (STOREFRONT_API_EXAMPLES=30 instead of 150 of each kind: ten minutes). The seed is printed
with what was found: `schemathesis run --seed …` finds it again.
"""

import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.browser.conftest import PASSWORD, LiveShop
from tests.security.conftest import ADMIN_PASSWORD

SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")
CONFIGURATION = Path(__file__).with_name("schemathesis.toml")
IS_LONG = bool(os.environ.get("STOREFRONT_LONG_TESTS"))
AMOUNT = (
    ["--max-examples", os.environ.get("STOREFRONT_API_EXAMPLES", "150")]
    if IS_LONG
    else ["--max-examples", "3", "--phases", "examples,fuzzing,stateful", "--seed", "1"]
)
# Rules that no schema can tell (whose password is common, which country exists) refuse what the
# schema allows; and DELETE /cart/<item_id> matches the address of the delivery address, too.
UNCHECKED = "positive_data_acceptance,allow_header_conformance"
# They end the session that the others need, and have tests of their own.
ENDING = "/auth/(logout|refresh)"


@pytest.mark.timeout(7_200 if IS_LONG else 300)
@pytest.mark.parametrize("who", ["guest", "customer", "admin"])
def test_the_api_is_as_it_is_described(
    live_shop: LiveShop, live_admin: str, tmp_path: Path, who: str
) -> None:
    command = [SCHEMATHESIS, "--config-file", CONFIGURATION, "run", "--checks", "all"]
    command += [f"{live_shop.url}/api/v1/openapi.json"]
    command += ["--exclude-checks", UNCHECKED, "--exclude-path-regex", ENDING, *AMOUNT]
    people = {"customer": ("shopper@example.com", PASSWORD), "admin": (live_admin, ADMIN_PASSWORD)}
    if who in people:
        command += ["--header", f"Authorization: Bearer {_token(live_shop, *people[who])}"]

    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    sys.stdout.write(ran.stdout[-2_000:])
    assert ran.returncode == 0, ran.stdout[-20_000:] + ran.stderr[-5_000:]
    assert "Seed:" in ran.stdout


def _token(live_shop: LiveShop, email: str, password: str) -> str:
    answer = httpx.post(
        f"{live_shop.url}/api/v1/auth/login", json={"email": email, "password": password}
    )
    token: str = answer.json()["access_token"]
    return token
