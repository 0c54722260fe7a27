"""Training the personal stack's model, once for each state of the pipeline's code."""

import json
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

from pulumi_mlops._shared import names
from quickstart import registry
from quickstart.context import WORKLOAD, QuickStart
from quickstart.personal_stack import FILE_NAME, STACK, ModelPin
from sandbox.errors import SandboxError
from sandbox.progress import say

_GATE_REJECTED = 3


def trained(start: QuickStart) -> ModelPin:
    """Return the model that this checkout's pipeline has trained, training it now if it has not yet."""
    from pulumi_mlops.cli.kubernetes.jobs import active  # noqa: PLC0415 - slow to import
    from pulumi_mlops.cli.stacks import place_of  # noqa: PLC0415

    place = place_of(WORKLOAD, STACK)
    is_running = bool(active(start.cluster, place, place.pipeline_labels))
    image = start.place.images["pipeline"]
    if not is_running and (found := registry.newest_version(_Registry(start), WORKLOAD, image)):
        say(f"version {found.version} was trained by this very code: no need to train again")
        return found
    say(f"train {WORKLOAD}" + (": a run is under way, following it" if is_running else ""))
    return pin_of(_train(start, "--attach" if is_running else "--follow"))


def _train(start: QuickStart, how: str) -> dict[str, Any]:
    """Run `mlops train`, whose live view goes to the terminal, and return its account of the run."""
    command = ["train", WORKLOAD, "--stack", STACK, how, "--json"]
    ended = subprocess.run(
        [sys.executable, "-m", "pulumi_mlops", *command],
        cwd=start.checkout,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if ended.returncode == _GATE_REJECTED:
        raise SandboxError(
            "the gate rejected the model, so nothing was registered and nothing is served",
            f"see the run's steps above; the gate stands in stacks/{FILE_NAME}",
        )
    if ended.returncode != 0:
        raise SandboxError(
            f"`mlops {' '.join(command)}` ended with exit code {ended.returncode}", "run `make up` again to go on"
        )
    account: dict[str, Any] = json.loads(ended.stdout)
    return account


def pin_of(account: Mapping[str, Any]) -> ModelPin:
    """Read from the account of a run which model it registered."""
    version, digest = account.get("model_version"), account.get("model_digest")
    if not isinstance(version, int) or not isinstance(digest, str):
        raise SandboxError(
            f"run {account.get('run')}: got version {version!r} and digest {digest!r}, expected a registered model",
            "look at the run with `mlops status`",
        )
    return ModelPin(version=version, digest=digest)


class _Registry:
    """Asks the stack's own registry."""

    def __init__(self, start: QuickStart) -> None:
        self._start = start

    def get(self, path: str) -> Any:
        """Return the JSON that a path answers with."""
        from pulumi_mlops.cli.kubernetes.services import ServiceAddress  # noqa: PLC0415 - slow to import

        service = ServiceAddress(self._start.namespace, names.REGISTRY, names.REGISTRY_PORT)
        return self._start.cluster.request(service, path)
