"""What somebody wrote into the database by hand harms nothing but itself."""

import httpx
from bson import ObjectId

from storefront.catalogue.index import ProductIndex
from storefront.shop import Shop
from tests.catalogue.goods import product, sell
from tests.conftest import eventually


async def test_a_product_that_cannot_be_read_is_left_out(
    shop: Shop, client: httpx.AsyncClient
) -> None:
    kettle, stray = product("Kettle"), ObjectId()
    await sell(shop, kettle)
    products = shop.database["products"]

    await products.insert_one({"_id": stray, "name": "No variants", "variants": [{"sku": "X"}]})
    await products.update_one(
        {"_id": ObjectId(kettle.id)}, {"$set": {"name": "Samovar"}, "$inc": {"version": 1}}
    )

    async def renamed() -> bool:
        return "Samovar" in (await client.get(f"/products/{kettle.id}")).text

    assert await eventually(renamed)
    assert (await client.get("/health/ready")).status_code == 200
    assert (await client.get(f"/products/{stray}")).status_code == 404
    await shop.part(ProductIndex).reload()
    assert "Samovar" in (await client.get("/products?q=samovar")).text
    await products.delete_one({"_id": stray})
