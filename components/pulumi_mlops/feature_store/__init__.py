"""A feature store: features of one definition, looked up online by key, and offline as they were at any time."""
