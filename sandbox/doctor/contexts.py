"""Looking for the cluster that a person names."""

import os
import tempfile
from pathlib import Path

import yaml

from sandbox.cluster import users_context
from sandbox.cluster.target import Cluster
from sandbox.doctor.finding import Finding, State
from sandbox.errors import SandboxError


def users_cluster(context: str) -> Finding:
    """Whether the cluster of a context answers."""
    name = f"context {context}"
    try:
        document = users_context.extract(context, users_context.files_for(context, os.environ))
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder) / "kubeconfig"
            copy.touch(mode=0o600)
            copy.write_text(yaml.safe_dump(document))
            users_context.check_answers(Cluster(context, copy))
    except SandboxError as error:
        return Finding(name, State.MISSING, " ".join(error.problem.split()), error.fix)
    return Finding(name, State.FOUND, "its cluster answers")
