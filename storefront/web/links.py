"""Addresses of our own, and which of those that strangers hand us may be followed."""

from urllib.parse import urlsplit

from werkzeug.urls import iri_to_uri


def own_path(text: str | None, default: str = "") -> str:
    """``text`` if it is a path of this shop, else ``default``: open redirects are impossible.

    A browser reads ``//host``, ``/\\host`` and control characters inside as another host
    (WHATWG URL), so only a plain absolute path passes; other letters are written in percent, as
    headers need them.
    """
    if not text or not text.startswith("/") or text.startswith(("//", "/\\")):
        return default
    if any(character < " " or character in "\\\x7f" for character in text):
        return default
    parts = urlsplit(text)
    if parts.scheme or parts.netloc:
        return default
    return text if text.isascii() else iri_to_uri(text)
