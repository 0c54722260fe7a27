"""On which nodes pods run, and with which accelerators: what every noun with pods of a user's own choice has."""
