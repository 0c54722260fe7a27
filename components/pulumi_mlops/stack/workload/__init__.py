"""One model's whole life."""
