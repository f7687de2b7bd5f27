"""Storefront: a hypermedia shop whose pages work before, with and after JavaScript."""

__version__ = "0.1.0"
