"""The formats of tables: how each is read in chunks of bounded size, and written."""
