"""Checkout, numbered orders and what becomes of them."""
