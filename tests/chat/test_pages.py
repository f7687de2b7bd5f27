"""The chat's pages as a browser without JavaScript, and as htmx, sees them."""

import re

import pytest

from storefront.accounts.model import Role
from tests.carts.shelves import ADDRESS, put_on_shelf
from tests.chat.people import Person, make_person
from tests.conftest import browser

HTMX = {"HX-Request": "true", "HX-Request-Type": "partial"}


@pytest.fixture(scope="module")
async def ada(app) -> Person:
    return await make_person(app, "Ada Lovelace")


@pytest.fixture(scope="module")
async def sam(app) -> Person:
    return await make_person(app, "Sam Staff", Role.STAFF)


def as_(app, person: Person):
    return browser(app, headers=person.bearer)


def texts(html: str) -> list[str]:
    found = re.findall(r'class="message-body">(.*?)</p>', html, re.S)
    return [re.sub(r"<[^>]+>", "", each).strip() for each in found]


@pytest.mark.parametrize("path", ["/chat", "/chat/ada@example.com", "/staff/chat"])
async def test_guests_are_sent_to_sign_in(client, path):
    answer = await client.get(path)
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/?next=")


async def test_a_question_and_its_answer_are_read_by_reload(app, ada, sam):
    async with as_(app, ada) as customer, as_(app, sam) as staff:
        asked = await customer.post("/chat", data={"body": "Is it blue?"})
        assert (asked.status_code, asked.headers["Location"]) == (303, "/chat")
        answered = await staff.post("/chat", data={"body": "It is.", "email": ada.identity.email})
        assert answered.status_code == 303

        page = (await customer.get("/chat")).text
        assert texts(page)[-2:] == ["Is it blue?", "It is."]
        assert "Ada L." in page
        assert "Sam S." in page
        own = (await customer.get(f"/chat/{ada.identity.email}")).text
        assert texts(own)[-2:] == ["Is it blue?", "It is."]


async def test_strangers_read_names_but_no_email(app, ada, sam):
    eve = await make_person(app, "Eve Stranger")
    async with as_(app, ada) as customer, as_(app, eve) as stranger, as_(app, sam) as staff:
        await customer.post("/chat", data={"body": "Who sees me?"})
        await staff.post("/chat", data={"body": "All.", "email": ada.identity.email})
        page = (await stranger.get("/chat")).text
        assert "Who sees me?" in page
        assert "to Ada L." in page
        assert ada.identity.email not in page
        assert "Lovelace" not in page
        assert ada.identity.email in (await staff.get("/chat")).text


@pytest.mark.parametrize("email", ["sam-2@example.com", "nobody@example.com", "x"])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_customer_who_tries_another_address_gets_403(app, ada, sam, email, method):
    async with as_(app, ada) as customer:
        answer = await customer.request(method, f"/chat/{email}", data={"body": "psst"})
        assert answer.status_code == 403
    assert await app.extensions["shop"].database["messages"].count_documents({"body": "psst"}) == 0


async def test_customers_do_not_come_into_the_back_office(app, ada):
    async with as_(app, ada) as customer:
        for path in ("/staff/chat", f"/staff/chat/{ada.identity.email}", "/staff/chat/canned"):
            assert (await customer.get(path)).status_code == 403


@pytest.mark.parametrize(
    "body",
    [
        "<script>alert(1)</script>",
        '<img src=x onerror="alert(1)">',
        "https://x.example/\"onmouseover='alert(1)'",
        "javascript:alert(1)",
        "{{ 7 * 7 }}",
        "<hx-partial hx-target='body'>x</hx-partial>",
    ],
)
async def test_what_is_written_is_text_and_nothing_else(app, ada, body):
    async with as_(app, ada) as customer:
        await customer.post("/chat", data={"body": body})
        page = (await customer.get("/chat")).text
    shown = re.findall(r'class="message-body">(.*?)</p>', page, re.S)[-1]
    assert not re.search(r"<(script|img|hx-partial)|javascript:[^<]*\"", shown)
    assert not re.search(r"<[^>]*\bon\w+=", shown)
    assert "49" not in shown


async def test_links_are_safe_and_things_of_the_shop_are_cards(app, ada):
    async with as_(app, ada) as customer:
        await customer.post("/chat", data={"body": "See https://x.example/a?b=1&c=2."})
        page = (await customer.get("/chat")).text
    link = re.search(r'<a href="https://x.example/a\?b=1&amp;c=2"([^>]*)>', page)
    assert link
    assert 'rel="nofollow noopener noreferrer ugc"' in link[1]


async def test_a_product_is_a_card_and_an_order_one_for_its_owner_and_staff_only(
    app, shop, ada, sam
):
    product = await put_on_shelf(shop, name="Blue mug")
    eve = await make_person(app, "Eve Curious")
    async with as_(app, ada) as customer, as_(app, eve) as stranger, as_(app, sam) as staff:
        await customer.post("/api/v1/cart", json={"product_id": product.id, "quantity": 1})
        order = await customer.post("/api/v1/orders", json={"delivery_address": ADDRESS})
        number = order.json()["number"]
        body = f"Is /products/{product.id} in /orders/{number} or /orders/{number + 1}?"
        await customer.post("/chat", data={"body": body})
        pages = [(await each.get("/chat")).text for each in (customer, staff, stranger)]
        assert [page.count("<strong>Blue mug</strong>") for page in pages] == [1, 1, 1]
        cards = [page.count(f"<strong>Order {number}</strong>") for page in pages]
        assert cards == [1, 1, 0]
        assert all(f"<strong>Order {number + 1}</strong>" not in page for page in pages)
        beside = (await staff.get(f"/staff/chat/{ada.identity.email}")).text
        assert f"Order {number}" in beside.partition('id="beside"')[2]
        # Each is led to the page of the order that is theirs to see.
        assert f'href="/staff/orders/{number}">/orders/{number}</a>' in pages[1]
        assert f'href="/orders/{number}"' not in pages[1]
        assert f'class="message-card" href="/orders/{number}"' in pages[0]


async def test_a_rejected_form_keeps_what_was_typed(app, sam):
    async with as_(app, sam) as staff:
        answer = await staff.post("/chat", data={"body": "Hello?", "email": "nobody@example.com"})
        assert answer.status_code == 422
        assert ">Hello?</textarea>" in answer.text
        assert 'value="nobody@example.com"' in answer.text


async def test_the_form_sent_twice_is_one_message(app, ada):
    async with as_(app, ada) as customer:
        for _ in range(2):
            await customer.post("/chat", data={"body": "Twice", "client_id": "form-1"})
        assert texts((await customer.get("/chat")).text).count("Twice") == 1


async def test_htmx_gets_a_fresh_form_and_polls_for_messages(app, ada):
    async with as_(app, ada) as customer:
        first = await customer.post("/chat", data={"body": "Before"}, headers=HTMX)
        assert first.status_code == 200
        assert first.text.lstrip().startswith("<form")
        page = (await customer.get("/chat")).text
        newest = re.findall(r'id="message-([0-9a-f]{24})"', page)[-1]
        assert (await customer.get(f"/chat?after={newest}", headers=HTMX)).status_code == 204
        await customer.post("/chat", data={"body": "After"}, headers=HTMX)
        polled = await customer.get(f"/chat?after={newest}", headers=HTMX)
        assert texts(polled.text) == ["After"]


async def test_older_messages_come_by_before(app):
    nora = await make_person(app, "Nora Long")
    async with as_(app, nora) as customer:
        path = f"/chat/{nora.identity.email}"
        for number in range(53):
            await customer.post(path, data={"body": f"n{number}"})
        page = (await customer.get(path)).text
        assert texts(page) == [f"n{number}" for number in range(3, 53)]
        older = re.search(r'href="([^"]+\?before=[0-9a-f]{24})"', page)[1]
        assert texts((await customer.get(older)).text) == ["n0", "n1", "n2"]
        fragment = (await customer.get(older, headers=HTMX)).text
        assert texts(fragment) == ["n0", "n1", "n2"]
        assert 'id="older"' not in fragment


async def test_the_badge_counts_answers_until_they_are_seen(app, sam):
    mia = await make_person(app, "Mia Badge")
    async with as_(app, mia) as customer, as_(app, sam) as staff:
        await staff.post(f"/chat/{mia.identity.email}", data={"body": "For you"})
        page = (await customer.get("/cart")).text
        assert re.search(r'id="unread-count">\s*1<', page)
        assert (
            'id="unread-count"></span>' in (await customer.get(f"/chat/{mia.identity.email}")).text
        )
        assert 'id="unread-count"></span>' in (await customer.get("/cart")).text


async def test_staff_see_who_waits_and_the_cart_beside(app, ada, sam):
    async with as_(app, ada) as customer, as_(app, sam) as staff:
        await customer.post(f"/chat/{ada.identity.email}", data={"body": "Only for you"})
        desk = (await staff.get("/staff/chat")).text
        assert re.search(r"<title>\(\d+\) ", desk)
        assert desk.index("Ada Lovelace") < desk.index("Only for you")
        thread = (await staff.get(f"/staff/chat/{ada.identity.email}")).text
        assert texts(thread)[-1] == "Only for you"
        assert "The cart is empty." in thread
        answer = await staff.post(f"/staff/chat/{ada.identity.email}", data={"body": "Yes, you."})
        assert answer.headers["Location"] == f"/staff/chat/{ada.identity.email}"
        assert texts((await customer.get(f"/chat/{ada.identity.email}")).text)[-1] == "Yes, you."


async def test_a_second_member_of_staff_sees_who_is_at_it(app, ada, sam):
    tim = await make_person(app, "Tim Second", Role.STAFF)
    mia = await make_person(app, "Mia Shared")
    path = f"/staff/chat/{mia.identity.email}"
    async with as_(app, mia) as customer, as_(app, sam) as one, as_(app, tim) as other:
        await customer.post("/chat", data={"body": "Anybody?"})
        assert "is answering this one" not in (await one.get(path)).text
        assert "Sam S. is answering this one" in (await other.get(path)).text
        assert "Sam S. is at it" in (await other.get("/staff/chat")).text


async def test_done_leaves_the_list_of_those_who_wait(app, sam):
    mia = await make_person(app, "Mia Finished")
    path = f"/staff/chat/{mia.identity.email}"
    async with as_(app, mia) as customer, as_(app, sam) as staff:
        await customer.post("/chat", data={"body": "One thing"})
        await staff.post(f"{path}/state", data={"state": "done"})
        row = (await staff.get("/staff/chat")).text.split(mia.identity.user_id)[1].split("</li>")[0]
        assert "done" in row
        await customer.post("/chat", data={"body": "Another thing"})
        row = (await staff.get("/staff/chat")).text.split(mia.identity.user_id)[1].split("</li>")[0]
        assert "waits" in row


async def test_ready_answers_fill_the_form(app, ada, sam):
    async with as_(app, sam) as staff:
        refused = await staff.post("/staff/chat/canned", data={"title": "", "body": "x"})
        assert refused.status_code == 422
        await staff.post("/staff/chat/canned", data={"title": "Sizes", "body": "It runs small."})
        page = (await staff.get(f"/staff/chat/{ada.identity.email}")).text
        link = re.search(r'href="([^"]+\?canned=[0-9a-f]{24})"', page)[1]
        assert ">It runs small.</textarea>" in (await staff.get(link)).text
        fragment = (await staff.get(link, headers=HTMX)).text
        assert fragment.lstrip().startswith("<form")
        assert ">It runs small.</textarea>" in fragment
        answer_id = link.partition("canned=")[2]
        await staff.post(f"/staff/chat/canned/{answer_id}", data={"_method": "DELETE"})
        assert "canned=" not in (await staff.get(f"/staff/chat/{ada.identity.email}")).text
