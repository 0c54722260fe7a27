"""What runs a model behind the server: a module for each runtime, loaded only where a contract names it."""
