"""A feature store on Kubernetes: Feast, with Redis as its online store."""
