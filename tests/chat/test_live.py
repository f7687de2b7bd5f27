"""Sockets on two real workers: who hears what, who is kept out, how they end."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from storefront.accounts.model import Role
from storefront.accounts.tokens import sign_session
from tests.chat.live_shop import (
    Client,
    LiveShop,
    post_until_stored,
    running,
    serve,
    stored_messages,
)
from tests.chat.people import Person, make_person_in
from tests.conftest import eventually


@pytest.fixture(scope="module")
def served(database_url, tmp_path_factory) -> Iterator[LiveShop]:
    with serve(database_url, tmp_path_factory.mktemp("live-chat")) as shop:
        yield shop


@pytest.fixture(scope="module")
async def ada(served) -> Person:
    return await make_person_in(served.inside, "Ada Lovelace")


@pytest.fixture(scope="module")
async def sam(served) -> Person:
    return await make_person_in(served.inside, "Sam Staff", Role.STAFF)


@pytest.fixture
async def http(served) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=served.url, timeout=30) as client:
        yield client


def socket(served: LiveShop, path: str, person: Person | None, protocol="storefront.json", **more):
    headers = more.pop("headers", person.bearer if person else {})
    return connect(
        served.address(path),
        subprotocols=[protocol] if protocol else None,
        additional_headers=headers,
        **more,
    )


async def frames(connection, number: int) -> list:
    return [json.loads(await asyncio.wait_for(connection.recv(), 10)) for _ in range(number)]


async def close_code(connection) -> int | None:
    """Read on until the server closes, as it must within seconds."""
    with contextlib.suppress(ConnectionClosed):
        async with asyncio.timeout(8):
            async for _ in connection:
                pass
    return connection.close_code


async def refusal(opening) -> InvalidStatus:
    with pytest.raises(InvalidStatus) as refused:
        async with opening:
            pass
    return refused.value


async def test_one_message_each_way_reaches_all_200_entitled_sockets_and_no_other(served, http):
    shop = served.inside
    customers = [await make_person_in(shop, f"Cus{number} Tomer") for number in range(20)]
    staff = [await make_person_in(shop, f"Sta{number} Ff", Role.STAFF) for number in range(10)]
    general = [Client(served, each, "/chat") for each in [*customers, *customers, *staff]]
    own = [Client(served, each, f"/chat/{each.identity.email}") for each in customers * 4]
    watching = [Client(served, each, f"/chat/{customers[0].identity.email}") for each in staff * 2]
    desk = [Client(served, each, "/staff/chat") for each in staff * 5]
    clients = [*general, *own, *watching, *desk]
    assert len(clients) == 200
    first, path = customers[0], f"/chat/{customers[0].identity.email}"

    async with running(clients):
        sent = [
            await post_until_stored(http, first, "/chat", "public question"),
            await post_until_stored(
                http, staff[0], "/chat", "public answer", email=first.identity.email
            ),
            await post_until_stored(http, first, path, "private question"),
            await post_until_stored(http, staff[0], path, "private answer"),
            await post_until_stored(http, customers[1], "/chat", "another's question"),
        ]
        ids = [each["id"] for each in sent]
        expected = {
            id(client): [ids[0], ids[1], ids[4]]
            if client in general
            else ids
            if client in desk
            else ids[:4]
            if "cus0" in client.path
            else [ids[4]]
            if "cus1-" in client.path
            else []
            for client in clients
        }

        async def all_have_heard() -> bool:
            return all(each.ids == expected[id(each)] for each in clients)

        await eventually(all_have_heard, within_seconds=20)
        await asyncio.sleep(1)
        for client in clients:
            assert client.ids == expected[id(client)], (client.path, client.person.identity.role)
    for client in general:
        identity = client.person.identity
        for message in client.log:
            may_know = identity.role == "staff" or message["email"] == identity.email
            assert may_know or message["email"] is None


@pytest.mark.parametrize("path", ["/chat", "/chat/ada@example.com", "/staff/chat"])
async def test_guests_get_401(served, path):
    refused = await refusal(socket(served, path, None))
    assert refused.response.status_code == 401
    assert json.loads(refused.response.body)["type"] == "/problems/unauthenticated"


async def test_a_customer_who_tries_anothers_conversation_gets_403(served, ada, sam):
    for path in (f"/chat/{sam.identity.email}", "/chat/nobody@example.com", "/staff/chat"):
        refused = await refusal(socket(served, path, ada))
        assert refused.response.status_code == 403
        assert json.loads(refused.response.body)["type"] == "/problems/forbidden"


async def test_staff_get_404_for_an_unknown_address(served, sam):
    refused = await refusal(socket(served, "/chat/nobody@example.com", sam))
    assert refused.response.status_code == 404


async def test_a_cookie_counts_only_from_our_own_origin(served, ada):
    async with socket(served, "/chat", ada, headers=ada.cookie, origin=served.url) as connection:
        assert connection.subprotocol == "storefront.json"
    foreign = socket(served, "/chat", ada, headers=ada.cookie, origin="https://evil.example")
    assert (await refusal(foreign)).response.status_code == 403
    site = {**ada.cookie, "Sec-Fetch-Site": "cross-site"}
    assert (await refusal(socket(served, "/chat", ada, headers=site))).response.status_code == 403
    async with socket(served, "/chat", ada, origin="https://partner.example"):
        pass  # A bearer token is no cookie: the visitor's browser did not add it.


async def test_without_a_subprotocol_fragments_are_sent(served, http, sam):
    eve = await make_person_in(served.inside, "Eve Html")
    path = f"/chat/{eve.identity.email}"
    await post_until_stored(http, eve, path, "<b>bold</b>")
    async with socket(served, path, eve) as connection:
        while "bold" not in await asyncio.wait_for(connection.recv(), 5):
            pass  # From now on the process has heard of it.
    async with socket(served, path, eve, protocol=None) as connection:
        history = await asyncio.wait_for(connection.recv(), 5)
        assert '<hx-partial hx-target="#messages" hx-swap="innerHTML">' in history
        assert "&lt;b&gt;bold&lt;/b&gt;" in history
        await connection.send(json.dumps({"body": "<i>live</i>", "headers": {}}))
        said = ""
        while "live" not in said:
            said = await asyncio.wait_for(connection.recv(), 5)
        assert '<hx-partial hx-target="#messages" hx-swap="append">' in said
        assert "&lt;i&gt;live&lt;/i&gt;" in said
        assert "message-own" in said


async def test_the_desk_hears_of_each_question(served, sam):
    eve = await make_person_in(served.inside, "Eve Desk")
    async with (
        socket(served, "/staff/chat", sam, protocol="storefront.html") as desk,
        socket(served, "/chat", eve) as asking,
    ):
        await desk.recv()
        await asking.send(json.dumps({"body": "new question"}))
        said = ""
        while "new question" not in said:
            said = await asyncio.wait_for(desk.recv(), 5)
        assert '<hx-partial hx-target="#desk"' in said
        assert "Eve Desk" in said


async def test_on_opening_the_latest_50_come_oldest_first_then_exactly_what_came_since(
    served, http
):
    nora = await make_person_in(served.inside, "Nora Long")
    path = f"/chat/{nora.identity.email}"
    for number in range(53):
        await post_until_stored(http, nora, path, f"nora{number}")
    async with socket(served, path, nora) as connection:
        history = [each["message"] for each in await frames(connection, 50)]
    assert [each["body"] for each in history] == [f"nora{number}" for number in range(3, 53)]
    async with socket(served, f"{path}?after={history[-3]['id']}", nora) as connection:
        since = await frames(connection, 2)
        assert [each["message"]["body"] for each in since] == ["nora51", "nora52"]
        await connection.send(json.dumps({"body": "live"}))
        assert (await frames(connection, 1))[0]["message"]["body"] == "live"


async def test_what_a_client_has_already_is_not_sent_again(served, http):
    finn = await make_person_in(served.inside, "Finn Fast")
    path = f"/chat/{finn.identity.email}"
    for number in range(3):  # The socket is open before the process hears of the last.
        stored = await post_until_stored(http, finn, path, f"finn{number}")
    async with socket(served, f"{path}?after={stored['id']}", finn) as connection:
        await connection.send(json.dumps({"body": "next"}))
        assert (await frames(connection, 1))[0]["message"]["body"] == "next"


async def test_an_unknown_after_is_refused_to_scripts(served, ada, sam):
    for after in ("6b0000000000000000000000", "x"):
        refused = await refusal(socket(served, f"/chat?after={after}", ada))
        assert refused.response.status_code == 422


async def test_the_same_client_id_twice_is_one_message(served):
    eve = await make_person_in(served.inside, "Eve Twice")
    async with socket(served, f"/chat/{eve.identity.email}", eve) as connection:
        for body in ("first", "first", "second"):
            await connection.send(json.dumps({"body": body, "client_id": body}))
        heard = await frames(connection, 2)
    assert [each["message"]["client_id"] for each in heard] == ["first", "second"]


@pytest.mark.parametrize(
    ("frame", "field"),
    [
        ("no json", ""),
        ("[1]", ""),
        ('{"body": 3}', "body"),
        ('{"body": "  "}', "body"),
        ('{"body": "' + "x" * 2001 + '"}', "body"),
        ('{"body": "x", "client_id": "' + "c" * 65 + '"}', "client_id"),
    ],
)
async def test_what_cannot_be_stored_is_answered_with_the_reason(served, ada, frame, field):
    async with socket(served, f"/chat/{ada.identity.email}", ada) as connection:
        await connection.send(frame)
        (said,) = await frames(connection, 1)
        assert said["kind"] == "error"
        assert said["problem"]["type"] == "/problems/validation"
        assert [each["field"] for each in said["problem"]["errors"]] == [field]
        assert said["problem"]["status"] == 422
    assert ada.identity.user_id not in {
        each["user_id"] for each in await stored_messages(served.inside)
    }


async def test_a_signed_out_session_ends_its_sockets_within_seconds(served):
    eve = await make_person_in(served.inside, "Eve Ended")
    async with socket(served, "/chat", eve) as one, socket(served, "/chat", eve) as other:
        answer = await asyncio.to_thread(
            httpx.post, f"{served.url}/api/v1/auth/logout", headers=eve.bearer
        )
        assert answer.status_code == 204
        for connection in (one, other):
            assert await close_code(connection) == 1008
    assert (await refusal(socket(served, "/chat", eve))).response.status_code == 401


async def test_a_blocked_user_and_a_changed_role_are_shown_out(served):
    shop = served.inside
    blocked = await make_person_in(shop, "Bob Blocked")
    changed = await make_person_in(shop, "Roy Role", Role.STAFF)
    async with (
        socket(served, "/chat", blocked) as one,
        socket(served, "/staff/chat", changed) as other,
    ):
        users = shop.database["users"]
        await users.update_one({"email": blocked.identity.email}, {"$set": {"blocked": True}})
        await users.update_one({"email": changed.identity.email}, {"$set": {"role": "customer"}})
        for connection, code in ((one, 1008), (other, 1012)):
            assert await close_code(connection) == code
    assert (await refusal(socket(served, "/staff/chat", changed))).response.status_code == 403


async def test_an_expired_session_ends_its_socket_and_a_prolonged_one_does_not(served):
    """As they end after weeks without use: the token's time is over, the session's or not."""
    shop = served.inside
    gone, back = [await make_person_in(shop, name) for name in ("Gus Gone", "Bea Back")]
    now = datetime.now(UTC).replace(microsecond=0)
    tokens_end = now + timedelta(seconds=3)
    for person, session_ends in ((gone, tokens_end), (back, now + timedelta(days=1))):
        key = {"_id": person.token.session_id}
        await shop.database["sessions"].update_one(key, {"$set": {"expires_at": session_ends}})
    short = [
        sign_session(
            shop,
            user_id=each.identity.user_id,
            session_id=each.token.session_id,
            issued_at=now,
            expires_at=tokens_end,
        )
        for each in (gone, back)
    ]
    headers = [{"Authorization": f"Bearer {token.text}"} for token in short]
    async with (
        socket(served, "/chat", None, headers=headers[0]) as one,
        socket(served, "/chat", None, headers=headers[1]) as other,
    ):
        assert await close_code(one) == 1008
        await other.send(json.dumps({"body": "still here", "client_id": "prolonged"}))
        while (
            json.loads(await asyncio.wait_for(other.recv(), 5))["message"]["body"] != "still here"
        ):
            pass


async def test_a_frame_that_is_far_too_long_ends_the_socket(served, ada):
    async with socket(served, "/chat", ada) as connection:
        await connection.send("x" * 70_000)
        assert await close_code(connection) == 1009


async def test_one_person_cannot_open_more_than_ten_sockets_in_a_process(served):
    eve = await make_person_in(served.inside, "Eve Many")
    async with contextlib.AsyncExitStack() as stack:
        opened = [await stack.enter_async_context(socket(served, "/chat", eve)) for _ in range(21)]
        said = [await _first_error(each) for each in opened]
        refused = [each for each in said if each]
        assert refused
        assert {each["problem"]["type"] for each in refused} == {"/problems/too-many-requests"}
        codes = {each.close_code for each, error in zip(opened, said, strict=True) if error}
        assert codes == {1013}


async def _first_error(connection):
    with contextlib.suppress(ConnectionClosed, TimeoutError):
        while True:
            said = json.loads(await asyncio.wait_for(connection.recv(), 0.5))
            if said["kind"] == "error":
                await asyncio.wait_for(connection.wait_closed(), 5)
                return said
    return None


async def test_presence_and_writing_are_told_to_who_asks(served, sam):
    eve = await make_person_in(served.inside, "Eve Present")
    path = f"/chat/{eve.identity.email}?presence=1"
    async with socket(served, path, eve) as customer, socket(served, path, sam) as staff:

        async def hears(connection, wanted) -> bool:
            while True:
                said = json.loads(await asyncio.wait_for(connection.recv(), 8))
                if said == wanted:
                    return True

        assert await hears(staff, {"kind": "presence", "is_here": True, "writing": []})
        await customer.send('{"writing": true}')
        assert await hears(staff, {"kind": "presence", "is_here": True, "writing": ["Eve P."]})
        assert await hears(staff, {"kind": "presence", "is_here": True, "writing": []})
