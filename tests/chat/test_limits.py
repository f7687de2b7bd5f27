"""How often one person may write, whichever door they use."""

import pytest

from tests.chat.people import make_person
from tests.conftest import browser


@pytest.fixture(scope="module")
def settings_changes() -> dict[str, str]:
    return {"STOREFRONT_LIMITS__ENABLED": "true", "STOREFRONT_LIMITS__CHAT": "2/hour"}


async def test_the_third_message_in_the_window_is_refused_and_not_stored(app, shop):
    ada = await make_person(app, "Ada Fast")
    eve = await make_person(app, "Eve Other")
    async with browser(app, headers=ada.bearer) as api:
        for number in range(2):
            for _ in "once", "and, after an answer was lost, again":
                sent = await api.post("/api/v1/chat", json={"body": "x", "client_id": f"{number}"})
                assert sent.status_code == 201
        refused = await api.post("/api/v1/chat", json={"body": "too much"})
        assert refused.status_code == 429
        assert int(refused.headers["Retry-After"]) > 0
        page = await api.post("/chat", data={"body": "too much"})
        assert page.status_code == 429
        assert ">too much</textarea>" in page.text
        # What was stored already may be asked for again.
        again = await api.post("/api/v1/chat", json={"body": "x", "client_id": "1"})
        assert again.status_code == 201
    assert await shop.database["messages"].count_documents({"body": "too much"}) == 0
    async with browser(app, headers=eve.bearer) as api:
        assert (await api.post("/api/v1/chat", json={"body": "x"})).status_code == 201
