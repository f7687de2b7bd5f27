"""What becomes of the words of somebody who deletes their account.

Messages keep their places, which have no gaps, and lose what they said and who said it; answers
are cleared as well, since they quote and name the person.
"""

from storefront.chat import store
from storefront.chat.model import Message
from storefront.database import ObjectId, Transaction
from storefront.shop import Shop


async def list_all_of(shop: Shop, user_id: str) -> list[Message]:
    """Every message of the customer's conversation, the oldest first."""
    return await store.list_all_of(shop, user_id)


async def forget_customer(shop: Shop, transaction: Transaction, user_id: str) -> None:
    """Clear the customer's questions and the answers to them."""
    await store.clear_messages(shop, user_id, nobody=str(ObjectId()), transaction=transaction)
