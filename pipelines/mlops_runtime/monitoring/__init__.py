"""What a model was trained on, held against what it is asked now: drift, quality, findings, a report and metrics."""
