"""Changes of stored data and indexes, in their order; `storefront migrate` makes them.

How to write one: a module with a number in its name and a `MIGRATION`, added to `ALL`. It goes
forward only and may be run again (after a crash, or with ``--again``), and it is safe while the
version before it still serves: it adds what is missing and takes away nothing that is still read.
What nobody reads any more is taken away by a migration of the version after.
"""

from collections.abc import Sequence

from storefront.migrations import m0001_find_users, m0002_sum_sales
from storefront.migrations.model import Migration

ALL: Sequence[Migration] = (m0001_find_users.MIGRATION, m0002_sum_sales.MIGRATION)
