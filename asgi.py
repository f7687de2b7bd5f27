"""Hands the shop to any ASGI server: ``hypercorn asgi:app``."""

from storefront.app import create_app

app = create_app()
