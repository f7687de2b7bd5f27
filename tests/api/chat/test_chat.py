"""The chat's JSON, as the contract has it."""

import re

import pytest

from storefront.accounts.model import Role
from tests.chat.people import Person, make_person
from tests.conftest import browser

FIELDS = {"id", "email", "type", "channel", "author", "body", "created_at", "client_id"}


@pytest.fixture(scope="module")
async def ada(app) -> Person:
    return await make_person(app, "Ada Lovelace")


@pytest.fixture(scope="module")
async def sam(app) -> Person:
    return await make_person(app, "Sam Staff", Role.STAFF)


def as_(app, person: Person | None):
    return browser(app, headers=person.bearer if person else {})


def problem(answer) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"]


async def test_a_question_is_answered_201_with_the_message(app, ada):
    async with as_(app, ada) as api:
        answer = await api.post("/api/v1/chat", json={"body": "Blue?", "client_id": "q1"})
        assert answer.status_code == 201
        message = answer.json()
        assert set(message) == FIELDS
        assert re.fullmatch(r"[0-9a-f]{24}", message["id"])
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", message["created_at"])
        known = {key: message[key] for key in ("email", "type", "channel", "author", "client_id")}
        assert known == {
            "email": ada.identity.email,
            "type": "user",
            "channel": "general",
            "author": "Ada L.",
            "client_id": "q1",
        }
        again = await api.post("/api/v1/chat", json={"body": "Other words", "client_id": "q1"})
        assert (again.status_code, again.json()) == (201, message)
        assert (await api.get("/api/v1/chat")).json()["items"][-1] == message


async def test_an_answer_names_the_person_to_them_and_to_staff_only(app, ada, sam):
    eve = await make_person(app, "Eve Other")
    async with as_(app, ada) as asker, as_(app, eve) as other, as_(app, sam) as staff:
        sent = await staff.post("/api/v1/chat", json={"body": "Yes.", "email": ada.identity.email})
        assert (sent.json()["type"], sent.json()["author"]) == ("system", "Sam S.")
        seen = [
            (await api.get("/api/v1/chat")).json()["items"][-1] for api in (asker, other, staff)
        ]
        assert [each["email"] for each in seen] == [ada.identity.email, None, ada.identity.email]
        assert seen[0]["client_id"] is None


async def test_who_may_do_it_comes_before_what_it_is_about(app, ada, sam):
    async with as_(app, None) as guest, as_(app, ada) as customer, as_(app, sam) as staff:
        for path in ("/api/v1/chat", "/api/v1/chat/x", "/api/v1/conversations"):
            assert problem(await guest.get(path)) == (401, "/problems/unauthenticated")
        assert problem(await guest.post("/api/v1/chat", content=b"{")) == (
            401,
            "/problems/unauthenticated",
        )
        for email in (sam.identity.email, "nobody@example.com", "x"):
            path = f"/api/v1/chat/{email}"
            assert problem(await customer.get(path)) == (403, "/problems/forbidden")
            assert problem(await customer.post(path, json={})) == (403, "/problems/forbidden")
        assert problem(await customer.get("/api/v1/conversations")) == (403, "/problems/forbidden")
        unknown = await staff.get("/api/v1/chat/nobody@example.com")
        assert problem(unknown) == (404, "/problems/not-found")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "body"),
        ({"body": ""}, "body"),
        ({"body": 1}, "body"),
        ({"body": "x" * 2001}, "body"),
        ({"body": "x", "client_id": "c" * 65}, "client_id"),
        ({"body": "x", "client_id": 1}, "client_id"),
    ],
)
async def test_bad_input_is_named(app, ada, body, field):
    async with as_(app, ada) as api:
        answer = await api.post("/api/v1/chat", json=body)
        assert problem(answer) == (422, "/problems/validation")
        assert [each["field"] for each in answer.json()["errors"]] == [field]


async def test_lists_go_on_by_next_in_either_direction(app):
    nora = await make_person(app, "Nora Long")
    path = f"/api/v1/chat/{nora.identity.email}"
    async with as_(app, nora) as api:
        sent = [(await api.post(path, json={"body": str(n)})).json() for n in range(5)]
        latest = (await api.get(path, params={"limit": 2})).json()
        assert [each["body"] for each in latest["items"]] == ["3", "4"]
        older = (await api.get(path, params={"limit": 3, "before": latest["next"]})).json()
        assert [each["body"] for each in older["items"]] == ["0", "1", "2"]
        assert older["next"] is None
        newer = (await api.get(path, params={"limit": 2, "after": sent[0]["id"]})).json()
        assert [each["body"] for each in newer["items"]] == ["1", "2"]
        end = (await api.get(path, params={"limit": 2, "after": newer["next"]})).json()
        assert [each["body"] for each in end["items"]] == ["3", "4"]
        assert end["next"] is None
        both = {"after": sent[0]["id"], "before": sent[3]["id"]}
        found = (await api.get(path, params=both)).json()["items"]
        assert [each["body"] for each in found] == ["1", "2"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"limit": "0"}, "limit"),
        ({"limit": "101"}, "limit"),
        ({"after": "x"}, "after"),
        ({"before": "6b0000000000000000000000"}, "before"),
    ],
)
async def test_a_bad_query_is_refused(app, ada, query, field):
    async with as_(app, ada) as api:
        answer = await api.get("/api/v1/chat", params=query)
        assert problem(answer) == (422, "/problems/validation")
        assert [each["field"] for each in answer.json()["errors"]] == [field]


async def test_staff_list_everybody_who_wrote(app, sam):
    mia = await make_person(app, "Mia Waiting")
    async with as_(app, mia) as customer, as_(app, sam) as staff:
        sent = (await customer.post("/api/v1/chat", json={"body": "Anybody?"})).json()
        (first, *_rest) = (await staff.get("/api/v1/conversations")).json()
        assert first == {
            "email": mia.identity.email,
            "full_name": "Mia Waiting",
            "unread": 1,
            "last_message": sent,
        }


async def test_a_deleted_address_that_registers_again_inherits_nothing(app, shop, sam):
    first = await make_person(app, "Zoe Leaves")
    async with as_(app, first) as api:
        await api.post(f"/api/v1/chat/{first.identity.email}", json={"body": "my secret"})
    await shop.database["users"].delete_one({"email": first.identity.email})
    second = await make_person(app, "Zoe Comes", email=first.identity.email)
    async with as_(app, second) as api:
        assert (await api.get(f"/api/v1/chat/{first.identity.email}")).json()["items"] == []


async def test_the_api_is_described(app, client):
    described = (await client.get("/api/v1/openapi.json")).json()
    for path in ("/api/v1/chat", "/api/v1/chat/{email}", "/api/v1/conversations"):
        assert path in described["paths"]
    answer = described["paths"]["/api/v1/conversations"]["get"]["responses"]["200"]
    assert answer["content"]["application/json"]["schema"]["type"] == "array"
