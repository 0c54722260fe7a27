"""How far what is asked and answered has moved from the baseline."""
