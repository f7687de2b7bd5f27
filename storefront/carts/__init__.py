"""Carts of guests and customers, and where to deliver."""
