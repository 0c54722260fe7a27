"""How many connections MLflow's servers may open to PostgreSQL, which PostgreSQL allows and has the memory for.

Of a server: 2 workers x 3 engines x (4 + 1) connections = 30. MLflow keeps one engine of SQLAlchemy in each worker for
runs, one for versions and, should anybody ask for them, one for jobs (`_engine_map` of its stores); left alone, each
would open 5 + 10. A request that finds none free waits for one.

While a rollout replaces the servers, each may be there twice: the old one ends while the new one starts. So for 2
replicas 2 x 2 x 30 = 120 connections, and some for whoever looks: PostgreSQL, which allows 100 by default and refuses
whatever is above, is told 200.
"""

SERVERS_OF_A_REPLICA = 2
WORKERS = 2
ENGINES = 3
POOL_SIZE = 4
# MLflow takes 0 for a setting that was left out (mlflow.store.db.utils, create_sqlalchemy_engine): it would be 10.
MAX_OVERFLOW = 1
CONNECTIONS_OF_A_SERVER = WORKERS * ENGINES * (POOL_SIZE + MAX_OVERFLOW)
# superuser_reserved_connections, the probes, and people with psql.
OTHER_CONNECTIONS = 13
# Another number restarts the database: it grows by the hundred.
STEP = 100
# Shared buffers and the server's own processes; a connection is a process, whose own memory comes to a few MiB.
# https://www.postgresql.org/docs/15/runtime-config-resource.html#GUC-SHARED-BUFFERS
MEMORY_BESIDES_MIB = 256
MEMORY_OF_A_CONNECTION_MIB = 4

ENVIRONMENT = {
    "MLFLOW_SQLALCHEMYSTORE_POOL_SIZE": str(POOL_SIZE),
    "MLFLOW_SQLALCHEMYSTORE_MAX_OVERFLOW": str(MAX_OVERFLOW),
}
"""What holds a server to its share."""


def most(replicas: int) -> int:
    """Return how many connections PostgreSQL must allow (`max_connections`)."""
    needed = replicas * SERVERS_OF_A_REPLICA * CONNECTIONS_OF_A_SERVER + OTHER_CONNECTIONS
    return -(-needed // STEP) * STEP


def memory_mib(replicas: int) -> int:
    """Return the memory in MiB that PostgreSQL needs when every server has opened all that it may."""
    return MEMORY_BESIDES_MIB + replicas * CONNECTIONS_OF_A_SERVER * MEMORY_OF_A_CONNECTION_MIB
