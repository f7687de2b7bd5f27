"""Products, categories, search and stock.

Besides the files that every slice has:

- reading: `index` holds what is on sale in memory, in `shelves` (by price, category, stock: `bits`,
  `rankings`, `filters`) and `texts` (by words: `words`, `documents`); `listing`, `facets`,
  `search` and `near` answer from there, `cursors` and `queries` carry the question in a URL
- showing: `cards` and `list_writing` write products and lists, `fragments` what an address asks for
- writing: `editing` makes a product of staff's input, `storing` and `recording` keep it,
  `backroom` is what only staff do
- pictures: `uploads` takes them, `renditions` makes what is served, `photos` and `photo_store`
  keep them, `images` serves them
- files: `transfer_in`, `transfer_out` and the formats beside them, `bulk_store` their queries
- `offers`: what a product page offers for the options chosen; `crawlers`: sitemap and robots.txt
"""
