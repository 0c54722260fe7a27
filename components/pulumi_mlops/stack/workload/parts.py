"""What a workload's parts are made of, and what their components refuse of it. Pure: nothing is declared.

A part's arguments are the workload's own by name: `pipeline` or `endpoint` as it stands, the place beside its settings
on the target, and what the workload says once for all of its parts.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pulumi

from pulumi_mlops._shared import names, values
from pulumi_mlops._shared.arguments import Arguments, ArgumentsError
from pulumi_mlops._shared.documents import without_none
from pulumi_mlops._shared.place import SageMakerPlaceArgs
from pulumi_mlops._shared.problems import Problem
from pulumi_mlops.batch_job.args import KubernetesBatchArgs, SageMakerBatchArgs
from pulumi_mlops.batch_job.kubernetes.settings import resolve as resolve_kubernetes_batch
from pulumi_mlops.batch_job.sagemaker.settings import resolve as resolve_sagemaker_batch
from pulumi_mlops.endpoint.args import KubernetesPayloadsArgs, KubernetesServingArgs, SageMakerServingArgs
from pulumi_mlops.endpoint.kubernetes.settings import LONGEST_NAME
from pulumi_mlops.endpoint.kubernetes.settings import resolve as resolve_kubernetes_endpoint
from pulumi_mlops.endpoint.sagemaker.resolve import resolve as resolve_sagemaker_endpoint
from pulumi_mlops.model_registry.args import SageMakerModelRegistrySettingsArgs
from pulumi_mlops.model_registry.sagemaker.settings import resolve as resolve_sagemaker_registry
from pulumi_mlops.monitoring.args import KubernetesMonitoringOwnArgs, PrometheusInstallation
from pulumi_mlops.monitoring.kubernetes.resolve import resolve as resolve_kubernetes_monitoring
from pulumi_mlops.stack.workload.args import WorkloadArgs
from pulumi_mlops.training_pipeline.args import KubernetesTrainingArgs, SageMakerTrainingArgs
from pulumi_mlops.training_pipeline.kubernetes.settings import resolve as resolve_kubernetes_pipeline
from pulumi_mlops.training_pipeline.sagemaker.settings import resolve as resolve_sagemaker_pipeline

TARGETS = ("kubernetes", "sagemaker")
# What a part calls otherwise than the workload does.
_RENAMED = {"champion": "model"}


@dataclass(frozen=True)
class Part:
    """One part of a workload on its target."""

    key: str
    """What the workload calls it."""
    name: str
    """The component's name."""
    args: Any
    """The component's arguments."""
    resolve: Callable[[str, Any], object]
    """What checks them."""
    own: Collection[str]
    """What the workload says of this part on the target, by key."""
    image: str = ""
    """The workload's argument that is this part's image."""

    model_name_at: str = "name"
    """The workload's argument that names the model."""

    def problems(self, target: str) -> Iterator[Problem]:
        """Yield what the component refuses, each under the path that it has in the workload's arguments."""
        try:
            self.resolve(self.name, self.args)
        except ArgumentsError as error:
            for problem in error.problems:
                yield replace(problem, path=self._path_in_workload(problem.path, target))

    def _path_in_workload(self, path: str, target: str) -> str:
        root, inner = _root(path), _root(path.removeprefix(f"{target}."))
        if root == target:
            if inner in self.own:
                return f"{self.key}.{path}"
            return path.removeprefix(f"{target}.") if inner == "serving_image" else path
        if root == "image":
            return self.image
        if root in ("tags", "environment", "registry_url", "model", "name", "prometheus_image", "alertmanager_image"):
            return path
        renamed = {**_RENAMED, "model_name": self.model_name_at}
        if root in renamed:
            return renamed[root] + path.removeprefix(root)
        # What the endpoint may load, the batch may: it is said there.
        is_the_endpoints = self.key == "batch" and root == "allow_code_formats"
        return f"{'endpoint' if is_the_endpoints else self.key}.{path}"


def problems_of(name: str, args: WorkloadArgs) -> tuple[Problem, ...]:
    """Return everything that is wrong with a workload's arguments, its parts' among them."""
    arguments = Arguments("Workload", name, args, WorkloadArgs)
    given = [key for key in TARGETS if args.get(key) is not None]
    if len(given) != 1:
        got, expected = " and ".join(given) or None, "exactly one of kubernetes and sagemaker"
        arguments.add("args", got, expected, "say where the workload runs, once")
    if arguments.problems:
        return arguments.problems
    target = given[0]
    arguments.check("name", name, values.name_of_at_most(LONGEST_NAME))
    _refuse_the_other_target(arguments, args, target)
    if target == "kubernetes" and args.get("registry_url") is None:
        arguments.add("registry_url", None, "the address of an MLflow server", "add this key")
    elif arguments.sound("name"):
        for part in parts_of(name, args):
            placed = replace(part, model_name_at="name" if args.get("model_name") is None else "model_name")
            arguments.adopt(placed.problems(target))
    return arguments.problems


def _refuse_the_other_target(arguments: Arguments, args: WorkloadArgs, target: str) -> None:
    other = next(key for key in TARGETS if key != target)
    unsupported = [("pipeline", other), ("endpoint", other), ("batch", other)]
    if target == "kubernetes":
        unsupported.append(("endpoint", "rollout"))
    else:
        unsupported += [("endpoint", "expose"), ("endpoint", "features")]
        if args.get("monitoring") is not None:
            fix = "remove it: endpoint.sagemaker.alarms and endpoint.payloads watch an endpoint there"
            arguments.add("monitoring", "a monitoring", "nothing: it runs on kubernetes only", fix)
    for part, key in unsupported:
        settings: Mapping[str, Any] = args.get(part) or {}  # type: ignore[assignment]
        if settings.get(key) is not None:
            arguments.add(f"{part}.{key}", settings[key], f"nothing: the workload runs on {target}", "remove it")


def parts_of(name: str, args: WorkloadArgs) -> list[Part]:
    """Return the parts of a workload, whose target is one of the two."""
    if "sagemaker" not in args:
        optional = {"batch": kubernetes_batch, "monitoring": kubernetes_monitoring}
        more = [part(name, args) for key, part in optional.items() if args.get(key) is not None]
        return [kubernetes_endpoint(name, args), kubernetes_pipeline(name, args), *more]
    group = args["sagemaker"].get("model_package_group")
    own = [] if group is not None else [sagemaker_registry(name, args)]
    group = group or names.on_aws(args["sagemaker"]["namespace"], model_of(name, args))
    batches = [sagemaker_batch(name, args, group)] if args.get("batch") is not None else []
    return [sagemaker_endpoint(name, args, group), sagemaker_pipeline(name, args, group), *batches, *own]


def kubernetes_pipeline(name: str, args: WorkloadArgs) -> Part:
    """Return the pipeline of a workload on Kubernetes."""
    settings = _settings(args, "pipeline", "kubernetes", args["kubernetes"])
    more: dict[str, Any] = {
        "image": args["pipeline_image"],
        "environment": args["environment"],
        "champion": args.get("model"),
    }
    whole = without_none({**settings, **more, **_common(name, args), "registry_url": args["registry_url"]})
    own = KubernetesTrainingArgs.__annotations__
    return Part("pipeline", names.pipeline_of(name), whole, resolve_kubernetes_pipeline, own, "pipeline_image")


def kubernetes_endpoint(name: str, args: WorkloadArgs) -> Part:
    """Return the endpoint of a workload on Kubernetes."""
    settings = _settings(args, "endpoint", "kubernetes", args["kubernetes"])
    more: dict[str, Any] = {
        "image": args["serving_image"],
        "model": args.get("model"),
        "registry_url": args["registry_url"],
    }
    whole = without_none({**settings, **more, **_common(name, args)})
    own = KubernetesServingArgs.__annotations__
    return Part("endpoint", name, whole, resolve_kubernetes_endpoint, own, "serving_image")


def kubernetes_batch(name: str, args: WorkloadArgs) -> Part:
    """Return the batch of a workload on Kubernetes."""
    settings = _settings(args, "batch", "kubernetes", args["kubernetes"])
    more: dict[str, Any] = {
        "image": args["pipeline_image"],
        "model": args.get("model"),
        "registry_url": args["registry_url"],
        "allow_code_formats": (args.get("endpoint") or {}).get("allow_code_formats"),
    }
    whole = without_none({**settings, **more, **_common(name, args)})
    own = KubernetesBatchArgs.__annotations__
    return Part("batch", names.batch_of(name), whole, resolve_kubernetes_batch, own, "pipeline_image")


def kubernetes_monitoring(name: str, args: WorkloadArgs) -> Part:
    """Return the monitoring of a workload on Kubernetes."""
    settings = _settings(args, "monitoring", "kubernetes", args["kubernetes"])
    more: dict[str, Any] = {
        "image": args["pipeline_image"],
        "prometheus_image": args.get("prometheus_image"),
        "alertmanager_image": args.get("alertmanager_image"),
        "pipeline_name": names.pipeline_of(name) if "retraining" in settings else None,
        "model": args.get("model"),
        "registry_url": args["registry_url"],
    }
    place = ((args.get("endpoint") or {}).get("kubernetes") or {}).get("payloads")
    if "payloads" not in settings and place is not None:
        settings["payloads"] = place["location"]
        shared = KubernetesPayloadsArgs.__annotations__.keys() & KubernetesMonitoringOwnArgs.__annotations__.keys()
        settings["kubernetes"] |= {key: value for key, value in sorted(place.items()) if key in shared}
    endpoint: Mapping[str, Any] = args.get("endpoint") or {}
    if (percent := (endpoint.get("payloads") or {}).get("sampling_percent")) is not None:
        more["payload_sampling_percent"] = percent
    if (cost := settings.get("cost")) is not None:
        settings["cost"] = {"replicas": float(endpoint.get("replicas_min") or 1), **cost}
    if settings["kubernetes"].get("prometheus") == PrometheusInstallation.OPERATOR:
        del more["prometheus_image"], more["alertmanager_image"]
    whole = without_none({**settings, **more, **_common(name, args)})
    own = KubernetesMonitoringOwnArgs.__annotations__
    return Part("monitoring", name, whole, resolve_kubernetes_monitoring, own, "pipeline_image")


def sagemaker_registry(name: str, args: WorkloadArgs) -> Part:
    """Return the registry that a workload on SageMaker has of its own."""
    place = _taken(args["sagemaker"], SageMakerModelRegistrySettingsArgs)
    # Named after the model: Pulumi knows the group again when the workload is renamed, and so keeps it.
    model = model_of(name, args)
    whole = without_none({"model_name": model, "tags": args.get("tags"), "sagemaker": place})
    return Part("registry", f"{model}-registry", whole, resolve_sagemaker_registry, ())


def sagemaker_pipeline(name: str, args: WorkloadArgs, group: pulumi.Input[str]) -> Part:
    """Return the pipeline of a workload on SageMaker.

    Args:
        name: The workload's name.
        args: Its arguments.
        group: The model package group.
    """
    here = {
        "model_package_group": group,
        "serving_image": args["serving_image"],
    }
    place = without_none({**_taken(args["sagemaker"], SageMakerPlaceArgs), **here})
    settings = _settings(args, "pipeline", "sagemaker", place)
    more: dict[str, Any] = {
        "image": args["pipeline_image"],
        "environment": args["environment"],
        "champion": args.get("model"),
    }
    whole = without_none({**settings, **more, **_common(name, args)})
    own = SageMakerTrainingArgs.__annotations__
    return Part("pipeline", names.pipeline_of(name), whole, resolve_sagemaker_pipeline, own, "pipeline_image")


def sagemaker_endpoint(name: str, args: WorkloadArgs, group: pulumi.Input[str]) -> Part:
    """Return the endpoint of a workload on SageMaker; see `sagemaker_pipeline`."""
    place = {**_taken(args["sagemaker"], SageMakerPlaceArgs), "model_package_group": group}
    settings = _settings(args, "endpoint", "sagemaker", place)
    more: dict[str, Any] = {"image": args["serving_image"], "model": args.get("model")}
    whole = without_none({**settings, **more, **_common(name, args)})
    own = SageMakerServingArgs.__annotations__
    return Part("endpoint", name, whole, resolve_sagemaker_endpoint, own, "serving_image")


def sagemaker_batch(name: str, args: WorkloadArgs, group: pulumi.Input[str]) -> Part:
    """Return the batch of a workload on SageMaker; see `sagemaker_pipeline`."""
    place = {**_taken(args["sagemaker"], SageMakerPlaceArgs), "model_package_group": group}
    settings = _settings(args, "batch", "sagemaker", place)
    more: dict[str, Any] = {
        "image": args["pipeline_image"],
        "model": args.get("model"),
        "allow_code_formats": (args.get("endpoint") or {}).get("allow_code_formats"),
    }
    whole = without_none({**settings, **more, **_common(name, args)})
    own = SageMakerBatchArgs.__annotations__
    return Part("batch", names.batch_of(name), whole, resolve_sagemaker_batch, own, "pipeline_image")


def _common(name: str, args: WorkloadArgs) -> dict[str, Any]:
    return {"model_name": model_of(name, args), "workload": name, "tags": args.get("tags")}


def model_of(name: str, args: WorkloadArgs) -> str:
    """Return the name that a workload's model is registered under."""
    named = args.get("model_name")
    return name if named is None else named


def _settings(args: WorkloadArgs, part: str, target: str, place: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the workload says of a part, with the place beside its settings on the target."""
    settings: dict[str, Any] = dict(args.get(part) or {})  # type: ignore[call-overload]
    own = settings.pop(target, None) or {}
    for key in TARGETS:
        settings.pop(key, None)
    return {**settings, target: {**place, **own}}


def _taken(place: Mapping[str, Any], contract: type) -> dict[str, Any]:
    """Return what a contract takes of a place."""
    return {key: place[key] for key in contract.__annotations__ if place.get(key) is not None}


def _root(path: str) -> str:
    return re.split(r"[.\[]", path)[0]
