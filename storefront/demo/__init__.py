"""The demo shop: its catalogue and its pictures, all drawn and written by us."""
