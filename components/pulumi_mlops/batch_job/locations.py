"""Where tables are, beside one another. Pure, and without Pulumi."""


def holds(location: str, other: str) -> bool:
    """Tell whether a location is another, or the other lies in it."""
    return f"{other.rstrip('/')}/".startswith(f"{location.rstrip('/')}/")


def problem_of(input_location: str, output_location: str) -> str | None:
    """Say what is wrong with two locations beside one another, or None."""
    if holds(input_location, output_location) or holds(output_location, input_location):
        return f"a place apart from the input ({input_location})"
    return None
