"""How a model is trained and registered, on a schedule or when asked."""
