"""Every effective setting in the back office, beside what other environments have."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from typing import Any

from quart import Blueprint

from storefront import settings
from storefront.settings import Setting
from storefront.web import rendering
from storefront.web.cookies import current_shop
from storefront.web.identity import staff_only

blueprint = Blueprint("staff_config", __name__, url_prefix="/staff/config")

COMPARED = ("development", "production")


@dataclass(frozen=True, slots=True)
class Compared:
    """A setting as it is here, and as the files have it for each of the compared environments.

    Values are masked where they are secret.
    """

    setting: Setting
    elsewhere: Sequence[tuple[str, Setting]]

    @property
    def differs(self) -> bool:
        """Whether the environments differ; secrets that look alike do if two files set them."""
        return len({(each.value, each.source) for _environment, each in self.elsewhere}) > 1

    @property
    def is_as_here(self) -> bool:
        """Whether the files have the same value that this process runs with."""
        return all(each.value == self.setting.value for _environment, each in self.elsewhere)


@blueprint.get("")
@staff_only
async def show_config() -> Any:
    """Each setting with its value, where it comes from and what it means."""
    shop = current_shop()
    compared = [Compared(setting, _elsewhere(setting.key)) for setting in shop.settings.explained()]
    by_section = groupby(compared, key=lambda each: each.setting.key.partition(".")[0])
    return await rendering.render(
        "staff/config.html",
        environment=shop.settings.environment,
        environments=COMPARED,
        sections=[(section, list(rows)) for section, rows in by_section],
    )


def _elsewhere(key: str) -> list[tuple[str, Setting]]:
    return [(environment, _of_files(environment)[key]) for environment in COMPARED]


@cache
def _of_files(environment: str) -> dict[str, Setting]:
    """The files are part of the installed shop: they do not change while it runs."""
    return {setting.key: setting for setting in settings.of_files(environment).explained()}
