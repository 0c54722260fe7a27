"""The command `mlops`: typer commands, each of which imports what it needs when it is called."""
