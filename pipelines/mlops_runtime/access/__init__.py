"""Who may call a model's server, and how often: what stands in front of every model, whatever serves it."""
