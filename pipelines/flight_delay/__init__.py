"""The worked example: how late will a flight arrive, asked when it leaves the gate."""
