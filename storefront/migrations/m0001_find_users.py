"""Users from before the back office could find them by the beginnings of one or two words."""

from typing import Any

from storefront.accounts import finding
from storefront.database import Database, UpdateOne
from storefront.migrations.model import Migration, Progress

_BATCH = 100  # Each is some dozens of entries in the index.


async def run(database: Database, progress: Progress) -> None:
    """Give everybody the ``found_by`` that belongs to their name and email."""
    users = database["users"]
    cursor = users.find({}, {"email": 1, "full_name": 1, "found_by": 1})
    while batch := await cursor.to_list(_BATCH):
        changes = [change for user in batch if (change := _filled(user))]
        if changes:
            await users.bulk_write(changes, ordered=False)
        progress(len(batch))


def _filled(user: dict[str, Any]) -> UpdateOne | None:
    """Nothing if it is right; and only if the name is still the same by then."""
    found_by = finding.beginnings(user["email"], user["full_name"])
    if user.get("found_by") == found_by:
        return None
    return UpdateOne(
        {"_id": user["_id"], "full_name": user["full_name"]}, {"$set": {"found_by": found_by}}
    )


MIGRATION = Migration(1, "let staff find all users by name and email", run)
