"""`make up` after the sandbox is up: a personal stack, a trained model, an endpoint that answers."""
