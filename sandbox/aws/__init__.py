"""An AWS without an account: moto on the loopback address, with what it lacks for this project added."""
