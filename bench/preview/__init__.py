"""A preview of our program against that of a plain one with the same objects, turn and turn about."""
