"""The payload log: what a model was asked and what it answered, a JSON object for each row."""
