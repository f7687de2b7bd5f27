"""Where the files that are not Python live: in the wheel beside the code, else above it."""

from pathlib import Path

_PACKAGE = Path(__file__).parent
_BUNDLED = _PACKAGE / "_files"
ROOT = _BUNDLED if _BUNDLED.is_dir() else _PACKAGE.parent

SETTINGS = ROOT / "settings"
STATIC = ROOT / "static"
TEMPLATES = ROOT / "templates"
TRANSLATIONS = ROOT / "translations"
