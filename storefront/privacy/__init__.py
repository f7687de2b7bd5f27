"""What people may ask of the shop about themselves: their data, and to be forgotten."""
