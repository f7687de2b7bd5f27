"""What is changed is shown, whoever leaves in the middle and whatever comes back."""

import asyncio
from dataclasses import replace

from storefront.catalogue import service as catalogue
from storefront.catalogue.index import ProductIndex
from storefront.shop import Shop
from tests.catalogue.goods import product, sell


async def test_visitors_who_leave_while_a_change_is_shown_harm_nobody(shop: Shop) -> None:
    kettle = product("Kettle")
    await sell(shop, kettle)
    index = shop.part(ProductIndex)

    for attempt in range(30):
        left = replace(kettle, name=f"Kettle {attempt}", version=kettle.version + 1)
        kettle = replace(kettle, name=f"Pot {attempt}", version=kettle.version + 2)
        leaving = asyncio.create_task(index.publish([left]))
        await asyncio.sleep(0.001 * (attempt % 4))
        leaving.cancel()
        await asyncio.gather(leaving, return_exceptions=True)
        await index.publish([kettle])

    shown = index.find(kettle.id)
    assert shown is not None
    assert shown.name == "Pot 29"


async def test_a_product_that_comes_back_in_an_older_version_is_shown(shop: Shop) -> None:
    kettle = product("Kettle that returns")
    await sell(shop, replace(kettle, version=7))
    index = shop.part(ProductIndex)

    await index.changed(kettle.id, None)
    await index.publish([])
    assert index.find(kettle.id) is None
    await catalogue.publish(shop, [replace(kettle, version=1)])

    assert index.find(kettle.id) is not None
