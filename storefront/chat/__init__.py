"""Shoppers ask, staff answer: in public, in private, live."""
