"""Users from before the back office could find them by the beginnings of their words."""

from typing import Any

from storefront.accounts import finding
from storefront.database import Database, UpdateOne
from storefront.migrations.model import Migration, Progress

_BATCH = 1_000


async def run(database: Database, progress: Progress) -> None:
    """Give ``found_by`` to those who lack it."""
    users = database["users"]
    cursor = users.find({"found_by": {"$exists": False}}, {"email": 1, "full_name": 1})
    while batch := await cursor.to_list(_BATCH):
        await users.bulk_write([_filled(user) for user in batch], ordered=False)
        progress(len(batch))


def _filled(user: dict[str, Any]) -> UpdateOne:
    """Only if nobody else has filled it: a change of the name does so as well."""
    found_by = finding.beginnings(user["email"], user["full_name"])
    return UpdateOne(
        {"_id": user["_id"], "found_by": {"$exists": False}}, {"$set": {"found_by": found_by}}
    )


MIGRATION = Migration(1, "let staff find old users by name and email", run)
