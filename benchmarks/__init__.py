"""How fast the shop is, as ratios to a bare server that sends the same bytes: `make bench`."""
