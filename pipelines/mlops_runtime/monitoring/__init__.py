"""What is known of a served model: its payloads, the labels that come later, and what is computed of both."""
