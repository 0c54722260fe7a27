"""How an endpoint is reached from outside its cluster: by which host, by whom, and how often."""
