"""Answers that stay unseen go by mail: one mail for all of them."""

from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from urllib.parse import quote

import pytest

from storefront.accounts.model import Role
from storefront.chat import digest, service
from storefront.chat.model import GENERAL, Channel, own_room
from tests.chat.people import Person, make_person
from tests.conftest import eventually


@pytest.fixture(scope="module")
async def sam(app) -> Person:
    return await make_person(app, "Sam Staff", Role.STAFF)


def later(minutes: int) -> datetime:
    return datetime.now(UTC) + timedelta(minutes=minutes)


async def answer(shop, sam: Person, whom: Person, body: str, channel=Channel.PRIVATE):
    return await service.post(
        shop, sam.identity, customer=whom.customer, channel=channel, body=body
    )


async def mails_to(shop, person: Person) -> list[list[str]]:
    query = {"to": person.identity.email, "kind": "chat_answers"}
    found = [each async for each in shop.database["outbox"].find(query)]
    return [[answer["body"] for answer in each["context"]["answers"]] for each in found]


async def test_several_answers_are_one_mail_after_a_few_minutes(app, shop, sam):
    mia = await make_person(app, "Mia Away")
    await answer(shop, sam, mia, "one")
    await answer(shop, sam, mia, "two", Channel.GENERAL)
    await digest.write_due_digests(shop, datetime.now(UTC))
    assert await mails_to(shop, mia) == []
    await digest.write_due_digests(shop, later(4))
    await digest.write_due_digests(shop, later(5))
    assert await mails_to(shop, mia) == [["one", "two"]]
    await answer(shop, sam, mia, "three")
    await digest.write_due_digests(shop, later(8))
    assert await mails_to(shop, mia) == [["one", "two"], ["three"]]


async def test_what_was_seen_is_not_mailed(app, shop, sam):
    mia = await make_person(app, "Mia Reads")
    reader = service.reader_of(mia.identity)
    public = await answer(shop, sam, mia, "public", Channel.GENERAL)
    await answer(shop, sam, mia, "private")
    await service.has_been_seen(shop, reader, GENERAL, [public])
    await digest.write_due_digests(shop, later(4))
    assert await mails_to(shop, mia) == [["private"]]

    last = await answer(shop, sam, mia, "another")
    await service.has_been_seen(shop, reader, own_room(mia.identity.user_id), [last])
    await digest.write_due_digests(shop, later(8))
    assert await mails_to(shop, mia) == [["private"]]


async def test_the_mail_leads_to_the_conversation(app, shop, sam, mail_folder):
    mia = await make_person(app, "Mia <Mail>")
    await answer(shop, sam, mia, "<b>blue</b>")
    await digest.write_due_digests(shop, later(4))

    async def arrived():
        for file in mail_folder.glob("*.eml"):
            mail = message_from_bytes(file.read_bytes(), policy=default)
            if mail["To"] == mia.identity.email:
                return mail
        return None

    mail = await eventually(arrived, within_seconds=10)
    assert mail["Subject"] == "Meridian has answered you"
    html = mail.get_body(("html",)).get_content()
    assert "&lt;b&gt;blue&lt;/b&gt;" in html
    assert "Hello Mia &lt;Mail&gt;," in html
    for kind in ("html", "plain"):
        text = mail.get_body((kind,)).get_content()
        assert f"/chat/{quote(mia.identity.email)}" in text
    assert "<b>blue</b>" in mail.get_body(("plain",)).get_content()
