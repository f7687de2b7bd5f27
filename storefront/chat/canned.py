"""Words that staff use often: the collection ``canned_answers``, small enough to be read whole."""

from storefront.chat.model import CannedAnswer
from storefront.database import ObjectId, object_id
from storefront.errors import ConflictError
from storefront.localisation import gettext as _
from storefront.shop import Shop

MOST = 50


async def list_canned(shop: Shop) -> list[CannedAnswer]:
    """By title."""
    found = [each async for each in shop.database["canned_answers"].find({})]
    answers = [CannedAnswer(str(each["_id"]), each["title"], each["body"]) for each in found]
    return sorted(answers, key=lambda answer: answer.title.casefold())


async def find_canned(shop: Shop, answer_id: str) -> CannedAnswer | None:
    return next((each for each in await list_canned(shop) if each.id == answer_id), None)


async def insert_canned(shop: Shop, *, title: str, body: str) -> None:
    """ConflictError when there are `MOST`."""
    if len(await list_canned(shop)) >= MOST:
        raise ConflictError(_("There are enough ready answers. Remove one first."))
    await shop.database["canned_answers"].insert_one(
        {"_id": ObjectId(), "title": title, "body": body}
    )


async def delete_canned(shop: Shop, answer_id: str) -> None:
    """Nothing happens if it is gone already."""
    await shop.database["canned_answers"].delete_one({"_id": object_id(answer_id)})
