"""Products, categories, search and stock."""
