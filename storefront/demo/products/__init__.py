"""The demo shop's shelves, one file each."""
