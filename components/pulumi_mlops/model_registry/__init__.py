"""Where trained models and their runs are kept."""
