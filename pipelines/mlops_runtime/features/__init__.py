"""Features from one definition: for training, serving and batch, on every target."""
