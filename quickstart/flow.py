"""From a running sandbox to a served model that answers. Each step can be killed; the next run goes on from there."""

import os
import time
from concurrent.futures import ThreadPoolExecutor

from quickstart import personal_stack
from quickstart.context import PROJECT, WORKLOAD, QuickStart
from quickstart.failures import told_failures
from quickstart.personal_stack import FILE_NAME, STACK, TEMPLATE_NAME, Place
from quickstart.show import real_flights, show
from quickstart.training import trained
from sandbox import environment, images, paths
from sandbox.cluster import lifecycle
from sandbox.cluster.target import SANDBOX_CONTEXT, Cluster
from sandbox.engine import current_engine
from sandbox.engine.stack import PulumiStack
from sandbox.errors import SandboxError
from sandbox.files import exclusive, write_atomically
from sandbox.progress import say, step

_SHOWN_CHARACTERS = 100
_OTHER_UPDATE_SECONDS = 900.0
_OTHER_UPDATE_POLL_SECONDS = 0.5


def quickstart(cluster: Cluster) -> None:
    """Take the personal stack up, train a model unless one is pinned, serve it, and call it.

    Args:
        cluster: A cluster that answers.

    Raises:
        SandboxError: A step failed; running again goes on from there.
    """
    lock = paths.claim(paths.state_root()) / "locks" / "quickstart"
    with told_failures(cluster.context), exclusive(lock, "the quick start", wait_seconds=5.0):
        start = _prepared(cluster)
        _wait_for_others(start)
        is_lost = _settle_file(start)
        with ThreadPoolExecutor(max_workers=1) as beside:
            # Reading the flights takes as long as an update with nothing to do, which is another process's work.
            flights = beside.submit(real_flights)
            _serve(start, refresh=is_lost)
            show(start, flights.result())


def _serve(start: QuickStart, *, refresh: bool) -> None:
    _up(start, "bring the stack up", refresh=refresh)
    if start.pin is None:
        pin = trained(start)
        start.set_pin(pin)
        _up(start, f"serve model version {pin.version}")


def _prepared(cluster: Cluster) -> QuickStart:
    if current_engine() is None:
        raise SandboxError("Pulumi: not found, and not built yet", "run `python -m sandbox up` first")
    if cluster.containerd_socket is not None and not lifecycle.is_ready():
        raise SandboxError("the sandbox's cluster does not run", "run `python -m sandbox up` first")
    checkout = paths.checkout()
    place = Place(cluster.context, images.ensure(cluster))
    variables = {
        **environment.environment(),
        "KUBECONFIG": str(cluster.kubeconfig),
        "MLOPS_KUBE_CONTEXT": cluster.context,
    }
    os.environ.pop("PULUMI_CONFIG_PASSPHRASE", None)  # Pulumi would take it before the sandbox's file.
    os.environ.update(variables)
    os.chdir(checkout)  # The `mlops` commands find the project from here.
    # The Kubernetes client reads KUBECONFIG when it is imported.
    from pulumi_mlops.cli.kubernetes.cluster import Cluster as ClusterAccess  # noqa: PLC0415

    stack = PulumiStack(PROJECT, STACK, checkout, paths.pulumi_backend(), variables)
    return QuickStart(checkout, place, stack, ClusterAccess(place.context))


def _wait_for_others(start: QuickStart) -> None:
    """Wait for an update that goes on by itself, since its quick start was killed, or that a person has started."""
    if not start.stack.is_busy():
        return
    with step("wait for the update that is under way"):
        end = time.monotonic() + _OTHER_UPDATE_SECONDS
        while start.stack.is_busy():
            if time.monotonic() > end:
                raise SandboxError(
                    f"another `pulumi` has been updating stack {STACK} for {_OTHER_UPDATE_SECONDS:.0f} s",
                    "end it, then run again",
                )
            time.sleep(_OTHER_UPDATE_POLL_SECONDS)


def _settle_file(start: QuickStart) -> bool:
    """Make the personal stack, or bring it up to date.

    Returns:
        Whether the stack's cluster was lost, so that what Pulumi remembers must be compared with what is there.
    """
    with step("the personal stack") as current:
        is_known = start.stack.exists()
        if is_known:
            _refuse_to_move(start)
        is_lost = is_known and start.file.is_file() and not _has_namespace(start)
        current.note(_written(start, is_known=is_known, is_lost=is_lost))
        if is_known:
            if start.stack.recover():
                say("an update of the stack had been killed; it is put right")
        else:
            start.stack.init()
    return is_lost


def _refuse_to_move(start: QuickStart) -> None:
    """Refuse a stack that stands in another cluster: what it has made there would be lost sight of.

    Raises:
        SandboxError: The file names another cluster, and the stack has things there.
    """
    before = personal_stack.context_of(start.text) if start.file.is_file() else None
    if before in (None, start.place.context) or not start.stack.has_resources():
        return
    there = "" if before == SANDBOX_CONTEXT else f"MLOPS_KUBE_CONTEXT={before} "
    raise SandboxError(
        f"stack {STACK} stands in the cluster of context {before}, and cannot move to {start.place.context}",
        f"take it up there: {there}make up\n  or remove it there, with its models, and begin anew here:\n"
        f'    eval "$(.venv/bin/python -m sandbox env)"; pulumi destroy --stack {STACK}; '
        f"pulumi stack rm {STACK} --preserve-config\n"
        "  where that cluster is gone for good, the last of these alone, with --force",
    )


def _written(start: QuickStart, *, is_known: bool, is_lost: bool) -> str:
    """Write the personal stack's file where it must change, and say what was done."""
    if not start.file.is_file():
        template = start.checkout / "stacks" / TEMPLATE_NAME
        write_atomically(start.file, personal_stack.made_from(template.read_text(encoding="utf-8"), start.place))
        return f"made stacks/{FILE_NAME} from {TEMPLATE_NAME}"
    before = start.text
    after = personal_stack.placed(before, start.place)
    if not is_known:
        after = personal_stack.without_secrets(after)
    if (is_lost or not is_known) and personal_stack.pinned_model(after, WORKLOAD):
        # Its registry is gone, and the model with it.
        after = personal_stack.with_model(after, WORKLOAD, None)
    if after == before:
        return f"stacks/{FILE_NAME} is up to date"
    write_atomically(start.file, after)
    return f"brought stacks/{FILE_NAME} up to date"


def _has_namespace(start: QuickStart) -> bool:
    from kubernetes import client, config  # noqa: PLC0415 - slow to import

    core = client.CoreV1Api(config.new_client_from_config(context=start.place.context))
    try:
        return bool(core.read_namespace(start.namespace).status.phase == "Active")
    except client.ApiException as error:
        if error.status == 404:
            return False
        raise SandboxError(
            f"cluster {start.place.context}: {error.reason}", "run `python -m sandbox status`"
        ) from error


def _up(start: QuickStart, name: str, *, refresh: bool = False) -> None:
    with step(name) as current:
        log = paths.state_root() / "logs" / f"pulumi-up-{STACK}.log"
        current.note(start.stack.up(log, lambda line: current.detail(_short(line)), refresh=refresh))


def _short(line: str) -> str:
    return line.strip()[:_SHOWN_CHARACTERS]
