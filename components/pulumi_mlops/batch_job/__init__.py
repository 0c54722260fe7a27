"""A batch: a registered version scores a whole table, on a schedule or when someone asks."""
