"""Storefront: a hypermedia shop whose pages work before, with and after JavaScript."""
