"""What a User-Agent header says in a few words: enough to know one's own devices by."""

_BROWSERS = (
    ("Edg/", "Edge"),
    ("EdgA/", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
    ("curl/", "curl"),
)
_SYSTEMS = (
    ("Windows", "Windows"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("CrOS", "ChromeOS"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)
_LONGEST = 60


def describe(user_agent: str) -> str:
    """Such as Firefox, Linux; an unknown client's own first words; empty for none."""
    known = [
        next((name for sign, name in signs if sign in user_agent), None)
        for signs in (_BROWSERS, _SYSTEMS)
    ]
    words = ", ".join(name for name in known if name)
    printable = "".join(character for character in user_agent if character.isprintable())
    return words or printable[:_LONGEST].strip()
