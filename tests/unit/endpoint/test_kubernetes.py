import functools
import re
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pulumi
import pytest

from pulumi_mlops import ArgumentsError, KubernetesEndpoint
from pulumi_mlops.endpoint.kubernetes import component, truth_check
from tests import kubernetes_documents
from tests.recording import Declaration, declare
from tests.unit.endpoint.kubernetes_declaration import (
    ACCELERATED,
    COMPONENT,
    DIGEST,
    IMAGE,
    OTHER_DIGEST,
    OTHER_IMAGE,
    OUTPUTS,
    REGISTRY_URL,
    arguments,
    container,
    endpoint,
    truth_check_name,
)


def test_declares_exactly_these_children() -> None:
    assert endpoint().children() == [
        ("kubernetes:apps/v1:Deployment", "flight-delay", COMPONENT),
        ("kubernetes:autoscaling/v2:HorizontalPodAutoscaler", "flight-delay", COMPONENT),
        ("kubernetes:batch/v1:Job", "flight-delay-truth-check", COMPONENT),
        ("kubernetes:core/v1:Service", "flight-delay", COMPONENT),
        ("kubernetes:core/v1:ServiceAccount", "flight-delay", COMPONENT),
        ("kubernetes:core/v1:ServiceAccount", "flight-delay-truth", COMPONENT),
        ("kubernetes:networking.k8s.io/v1:NetworkPolicy", "flight-delay", COMPONENT),
        ("kubernetes:networking.k8s.io/v1:NetworkPolicy", "flight-delay-truth", COMPONENT),
        ("kubernetes:policy/v1:PodDisruptionBudget", "flight-delay", COMPONENT),
        ("mlops:index:KubernetesEndpoint", "flight-delay", ""),
    ]


def test_deploys_nothing_without_a_model() -> None:
    declaration = endpoint(model=None)
    assert declaration.children() == [("mlops:index:KubernetesEndpoint", "flight-delay", "")]
    assert declaration.result == {
        "url": "",
        "serving_version": "",
        "serving_digest": "",
        "status": "waiting-for-model",
    }


def test_outputs_say_what_was_proved() -> None:
    assert endpoint().result == {
        "url": "http://flight-delay.flights-prod.svc",
        "serving_version": "7",
        "serving_digest": DIGEST,
        "status": "serving",
    }


def test_a_preview_promises_the_address_and_nothing_that_is_not_proved() -> None:
    known: dict[str, object] = {}

    def program() -> None:
        served = KubernetesEndpoint("flight-delay", arguments())
        for name in OUTPUTS:
            getattr(served, name).apply(functools.partial(known.__setitem__, name))

    declare(program, preview=True)
    assert known == {"url": "http://flight-delay.flights-prod.svc"}


@pytest.mark.parametrize(
    ("status", "promised"),
    [(None, ""), ({}, ""), ({"failed": 2}, ""), ({"succeeded": 0}, ""), ({"succeeded": 1}, "7")],
)
def test_only_a_check_that_has_passed_proves_anything(status: dict[str, int] | None, promised: str) -> None:
    assert component._where_passed(["7", status]) == promised


def test_outputs_stay_unknown_when_the_truth_check_fails() -> None:
    results: list[object] = []

    def program() -> None:
        served = KubernetesEndpoint("flight-delay", arguments())
        for name in OUTPUTS:
            getattr(served, name).apply(results.append)

    with pytest.raises(RuntimeError, match="flight-delay-truth-check failed"):
        declare(program, failing=lambda kind, _: kind.endswith(":Job"))
    assert results == []


def test_every_object_has_the_form_that_kubernetes_asks_for() -> None:
    many = endpoint(
        replicas_min=2,
        replicas_max=5,
        tags={"owner": "team-flights"},
        kubernetes={
            "namespace": "flights-prod",
            "allowed_namespaces": ["shop"],
            "allowed_ingress_cidrs": ["10.0.0.0/8", "fd00::/8"],
            "model_volume_gib": 40,
            "pod_annotations": {"sidecar.istio.io/inject": "false"},
            "image_pull_secret_names": ["registry"],
            "service_account_annotations": {"eks.amazonaws.com/role-arn": "arn:aws:iam::123456789012:role/reader"},
        },
    )
    accelerated = endpoint(kubernetes=ACCELERATED)
    declared = [*many.resources, *accelerated.resources, *endpoint().resources]
    for document in kubernetes_documents.objects(declared):
        kubernetes_documents.check_schema(document)
        for pod in kubernetes_documents.pod_specs(document):
            assert kubernetes_documents.weaknesses(pod) == []


def test_fetches_and_serves_the_pinned_version_alone() -> None:
    declaration = endpoint()
    fetch = container(declaration, "Deployment", "fetch")
    server = container(declaration, "Deployment", "server")
    pin = ["--version", "7", "--digest", DIGEST]
    assert fetch["command"][3:] == [
        *("--registry-url", REGISTRY_URL, "--model", "flight-delay"),
        *pin,
        *("--destination", "/model"),
        *("--patience-seconds", "200", "--timeout-seconds", "400"),
        *("--volume-mib", "4096", "--memory-mib", "512", "--cache-mib", "0"),
    ]
    assert server["command"][3:] == [
        *("--model-directory", "/model", "--name", "flight-delay"),
        *pin,
        *("--port", "8080", "--drain-seconds", "1", "--grace-seconds", "60"),
        *("--request-timeout-seconds", "60"),
    ]
    assert container(declaration, "Job", "fetch") == fetch
    assert container(declaration, "Job", "check")["command"][3:] == [
        *("--url", "http://flight-delay.flights-prod.svc", "--name", "flight-delay"),
        *pin,
        *("--model-directory", "/model", "--request-timeout-seconds", "60"),
    ]
    assert {"name": "model", "mountPath": "/model", "readOnly": True} in server["volumeMounts"]


def test_old_pods_stay_until_new_ones_are_ready() -> None:
    spec = endpoint(rollout_timeout_seconds=90).one("Deployment").inputs["spec"]
    assert spec["strategy"]["rollingUpdate"] == {"maxUnavailable": 0, "maxSurge": "25%"}
    assert spec["progressDeadlineSeconds"] == 90
    server = spec["template"]["spec"]["containers"][0]
    assert server["readinessProbe"]["httpGet"]["path"] == "/v2/models/flight-delay/ready"
    assert server["livenessProbe"]["httpGet"]["path"] == "/v2/health/live"


@pytest.mark.parametrize("rollout_timeout_seconds", [10, 60, 120, 3600])
def test_why_a_model_cannot_be_fetched_is_told_before_the_rollouts_time_is_over(rollout_timeout_seconds: int) -> None:
    declaration = endpoint(rollout_timeout_seconds=rollout_timeout_seconds)
    for kind in ("Deployment", "Job"):
        command = container(declaration, kind, "fetch")["command"]
        told = dict(pairwise(command))
        assert 0 < int(told["--patience-seconds"]) < int(told["--timeout-seconds"]) < rollout_timeout_seconds
        assert 2 * int(told["--patience-seconds"]) < rollout_timeout_seconds


@pytest.mark.parametrize(("replicas_max", "waves"), [(1, 1), (2, 2), (3, 3), (4, 4), (5, 4), (40, 4)])
def test_an_update_has_time_for_every_wave_of_pods(replicas_max: int, waves: int) -> None:
    declaration = endpoint(rollout_timeout_seconds=90, replicas_max=replicas_max)
    assert declaration.one("Deployment").options.customTimeouts.update == f"{waves * 90 + 60}s"
    assert declaration.one("Job").options.customTimeouts.update == "150s"
    # However many pods there are, no more waves than that: Kubernetes rounds a quarter up.
    assert max(-(-pods // -(-pods // 4)) for pods in range(1, replicas_max + 1)) == waves


def test_a_pod_that_leaves_has_time_to_finish() -> None:
    pod = (
        endpoint(kubernetes={"namespace": "flights-dev", "drain_seconds": 40}, request_timeout_seconds=30)
        .one("Deployment")
        .inputs["spec"]["template"]["spec"]
    )
    (server,) = pod["containers"]
    hand_over = server["lifecycle"]["preStop"]["sleep"]["seconds"]
    told = dict(zip(server["command"], server["command"][1:], strict=False))
    assert told["--grace-seconds"] == "40"
    assert pod["terminationGracePeriodSeconds"] == hand_over + int(told["--drain-seconds"]) + 40 + 5


@pytest.mark.parametrize("seconds", [1, 25, 3600])
def test_a_pod_that_leaves_waits_as_long_as_a_request_may_take(seconds: int) -> None:
    pod = endpoint(request_timeout_seconds=seconds).one("Deployment").inputs["spec"]["template"]["spec"]
    (server,) = pod["containers"]
    told = dict(pairwise(server["command"]))
    assert (told["--request-timeout-seconds"], told["--grace-seconds"]) == (str(seconds), str(seconds))
    assert pod["terminationGracePeriodSeconds"] == 5 + 1 + seconds + 5


def test_the_server_takes_the_command_that_it_is_given() -> None:
    pytest.importorskip("kserve", reason="KServe has no release for this Python yet")
    from mlops_runtime.serving import server  # noqa: PLC0415 - see above

    command = container(endpoint(request_timeout_seconds=7), "Deployment", "server")["command"]
    options = server.parser().parse_args(command[3:])
    assert command[:3] == ["python", "-m", server.__name__]
    assert (options.request_timeout_seconds, options.grace_seconds) == (7, 7)


def test_formats_that_run_code_are_named_to_the_server_each_once_and_in_one_order() -> None:
    pytest.importorskip("kserve", reason="KServe has no release for this Python yet")
    from mlops_runtime.serving import server  # noqa: PLC0415 - see above

    for given in (["joblib", "cloudpickle"], ["cloudpickle", "joblib", "joblib"]):
        command = container(endpoint(allow_code_formats=given), "Deployment", "server")["command"]
        assert server.parser().parse_args(command[3:]).allow_code_formats == ("cloudpickle", "joblib")
    assert "--allow-code-formats" not in container(endpoint(), "Deployment", "server")["command"]


def test_a_format_that_runs_no_code_is_refused() -> None:
    with pytest.raises(ArgumentsError, match=r"allow_code_formats\[1\]: got 'skops', expected a format that runs code"):
        endpoint(allow_code_formats=["pickle", "skops"])


@pytest.mark.parametrize(("drain_seconds", "neutral"), [(59, {}), (29, {"request_timeout_seconds": 30})])
def test_a_pod_that_would_cut_off_a_request_that_has_time_is_refused(
    drain_seconds: int, neutral: dict[str, int]
) -> None:
    place = {"namespace": "flights-prod", "drain_seconds": drain_seconds}
    expected = f"expected at least request_timeout_seconds ({neutral.get('request_timeout_seconds', 60)}): a request"
    with pytest.raises(ArgumentsError, match=re.escape(f"kubernetes.drain_seconds: got {drain_seconds}, {expected}")):
        endpoint(kubernetes=place, **neutral)


def test_the_autoscaler_alone_owns_the_number_of_pods() -> None:
    declaration = endpoint(replicas_min=2)
    assert "replicas" not in declaration.one("Deployment").inputs["spec"]
    spec = declaration.one("HorizontalPodAutoscaler").inputs["spec"]
    assert (spec["minReplicas"], spec["maxReplicas"]) == (2, 2)
    assert spec["scaleTargetRef"]["name"] == declaration.one("Deployment").inputs["metadata"]["name"]


@pytest.mark.parametrize(("cpu", "percent"), [("100m", 70), ("1", 70), ("1500m", 46), ("2", 35), ("4", 17), ("100", 1)])
def test_load_on_the_one_core_that_a_server_uses_starts_another(cpu: str, percent: int) -> None:
    declaration = endpoint(kubernetes={"namespace": "flights-prod", "cpu": cpu, "target_cpu_percent": 70})
    (metric,) = declaration.one("HorizontalPodAutoscaler").inputs["spec"]["metrics"]
    (server,) = declaration.one("Deployment").inputs["spec"]["template"]["spec"]["containers"]
    assert metric == {
        "type": "ContainerResource",
        "containerResource": {
            "name": "cpu",
            "container": server["name"],
            "target": {"type": "Utilization", "averageUtilization": percent},
        },
    }


def test_the_truth_check_waits_for_all_that_it_proves() -> None:
    assert endpoint().one("Job").depends_on >= {
        "kubernetes:apps/v1:Deployment::flight-delay",
        "kubernetes:core/v1:Service::flight-delay",
        "kubernetes:networking.k8s.io/v1:NetworkPolicy::flight-delay-truth",
        "kubernetes:core/v1:ServiceAccount::flight-delay-truth",
    }


def test_the_truth_check_is_the_same_for_the_same_declaration() -> None:
    assert truth_check_name(endpoint()) == truth_check_name(endpoint())
    assert truth_check_name(endpoint()) == truth_check_name(endpoint(replicas_max=3, tags={"owner": "team-b"}))


@pytest.mark.parametrize(
    "changes",
    [
        {"model": {"version": "8", "digest": DIGEST}},
        {"model": {"version": "7", "digest": OTHER_DIGEST}},
        {"image": OTHER_IMAGE},
        {"registry_url": "http://mlflow.other.svc.cluster.local:5000"},
        {"kubernetes": {"namespace": "flights-prod", "memory": "1Gi"}},
    ],
)
def test_the_truth_check_is_another_for_anything_that_could_answer_otherwise(changes: dict[str, Any]) -> None:
    assert truth_check_name(endpoint(**changes)) != truth_check_name(endpoint())


def truth_check_pod(declaration: Declaration) -> dict[str, Any]:
    template: dict[str, Any] = declaration.one("Job").inputs["spec"]["template"]
    return template


def test_every_rollout_is_checked_also_the_way_back_to_a_version_that_was() -> None:
    first, back = endpoint(), endpoint(rollouts=3)
    assert first.one("Deployment").inputs == back.one("Deployment").inputs
    assert truth_check_pod(first) != truth_check_pod(back)
    assert truth_check_pod(first) == truth_check_pod(endpoint())
    assert truth_check_pod(back)["metadata"]["annotations"] == {
        "pulumi-mlops.dev/rollout": "uid-of-flight-delay/3",
    }


@pytest.mark.parametrize("metadata", [{}, {"uid": "u"}, {"uid": "u", "annotations": None}])
def test_a_rollout_without_a_number_yet_is_no_trouble(metadata: dict[str, Any]) -> None:
    assert truth_check.rollout(metadata) == f"{metadata.get('uid', '')}/"


def test_a_job_is_replaced_by_deleting_the_old_one_first() -> None:
    job = endpoint().one("Job")
    assert job.options.deleteBeforeReplace
    assert job.inputs["metadata"]["annotations"] == {"pulumi.com/replaceUnready": "true"}
    assert "ttlSecondsAfterFinished" not in job.inputs["spec"]


def test_outputs_as_inputs_give_the_same_objects() -> None:
    later = pulumi.Output.from_input
    deferred = {
        "image": IMAGE,
        "registry_url": REGISTRY_URL,
        "model": {"version": "7", "digest": DIGEST},
        "kubernetes": {"namespace": "flights-prod"},
    }

    def program() -> None:
        args: Any = {
            **{key: later(deferred[key]) for key in ("image", "registry_url")},
            "model": {"version": later("7"), "digest": later(DIGEST)},
            "kubernetes": {"namespace": later("flights-prod")},
        }
        KubernetesEndpoint("flight-delay", args)

    plain = {(one.type, one.name): one.inputs for one in endpoint().resources}
    assert {(one.type, one.name): one.inputs for one in declare(program).resources} == plain


def test_callers_are_limited_to_the_allowed_namespaces() -> None:
    policy = endpoint(kubernetes={"namespace": "flights-prod", "allowed_namespaces": ["shop"]}).one(
        "NetworkPolicy", "flight-delay"
    )
    (rule,) = policy.inputs["spec"]["ingress"]
    names = [peer["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"] for peer in rule["from"]]
    assert names == ["flights-prod", "shop"]
    assert rule["ports"] == [{"port": 8080, "protocol": "TCP"}]


@pytest.mark.parametrize("namespaces", [{}, {"allowed_namespaces": ["shop"]}])
def test_callers_from_outside_the_cluster_are_allowed_by_their_address(namespaces: dict[str, Any]) -> None:
    place = {"namespace": "flights-prod", **namespaces}
    (before,) = endpoint(kubernetes=place).one("NetworkPolicy", "flight-delay").inputs["spec"]["ingress"]
    opened = {**place, "allowed_ingress_cidrs": ["10.1.0.0/16", "fd00::/8"]}
    (after,) = endpoint(kubernetes=opened).one("NetworkPolicy", "flight-delay").inputs["spec"]["ingress"]
    assert after["ports"] == before["ports"]
    assert after["from"] == [
        *before["from"],
        {"ipBlock": {"cidr": "10.1.0.0/16"}},
        {"ipBlock": {"cidr": "fd00::/8"}},
    ]


def test_annotations_stand_on_the_pods_of_the_endpoint_and_of_its_check() -> None:
    annotations = {"sidecar.istio.io/inject": "false"}
    declaration = endpoint(kubernetes={"namespace": "flights-prod", "pod_annotations": annotations})
    servers = declaration.one("Deployment").inputs["spec"]["template"]["metadata"]["annotations"]
    check = declaration.one("Job").inputs["spec"]["template"]["metadata"]["annotations"]
    assert servers == annotations
    assert check == annotations | {"pulumi-mlops.dev/rollout": "uid-of-flight-delay/1"}


def test_the_model_has_as_much_room_as_is_asked_for_and_the_scheduler_knows() -> None:
    declaration = endpoint(kubernetes={"namespace": "flights-prod", "model_volume_gib": 40})
    for kind in ("Deployment", "Job"):
        pod = declaration.one(kind).inputs["spec"]["template"]["spec"]
        assert {"name": "model", "emptyDir": {"sizeLimit": "40Gi"}} in pod["volumes"]
        assert kubernetes_documents.disk_reserved(pod) > 40 * 1024


def test_pods_reach_the_registry_and_dns_only() -> None:
    policy = endpoint().one("NetworkPolicy", "flight-delay").inputs["spec"]
    dns, registry = policy["egress"]
    assert {port["port"] for port in dns["ports"]} == {53, 5353}
    assert registry == {"to": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "flights-dev"}}}]}


@pytest.mark.parametrize("policy", ["flight-delay", "flight-delay-truth"])
def test_pods_with_an_identity_of_the_cloud_ask_its_agent(policy: str) -> None:
    settings = {"namespace": "flights-prod", "service_account_annotations": {"eks.amazonaws.com/role-arn": "arn"}}
    rules = endpoint(kubernetes=settings).one("NetworkPolicy", policy).inputs["spec"]["egress"]
    assert rules[-1]["to"][0] == {"ipBlock": {"cidr": "169.254.170.23/32"}}


def test_children_do_not_take_over_the_components_own_options() -> None:
    def program() -> None:
        options = pulumi.ResourceOptions(aliases=[pulumi.Alias(name="old")], protect=True)
        KubernetesEndpoint("flight-delay", arguments(), options)

    deployment = declare(program).one("Deployment").options
    assert [alias.spec.name for alias in deployment.aliases if alias.spec.name == "old"] == []
    assert deployment.protect


BAD: list[tuple[dict[str, Any], list[str]]] = [
    (
        {"image": "example.com/serving:latest"},
        ["image: got 'example.com/serving:latest'", "a tag such as latest can change"],
    ),
    ({"model": {"version": "7"}}, ["model.digest: got nothing"]),
    ({"model": {"version": "latest", "digest": DIGEST}}, ["model.version: got 'latest'"]),
    ({"model": {"version": 7, "digest": DIGEST}}, ["model.version: got 7, expected text"]),
    ({"replicas_min": 4, "replicas_max": 2}, ["replicas_min: got 4, expected at most replicas_max (2)"]),
    ({"replicas_min": 0}, ["replicas_min: got 0, expected 1 to 1000"]),
    ({"replicas_min": 1.5}, ["replicas_min: got 1.5, expected a whole number"]),
    ({"replica_min": 1}, ["replica_min: got an unknown key, expected one of"]),
    ({"kubernetes": {"namespace": "Flights"}}, ["kubernetes.namespace: got 'Flights'"]),
    ({"kubernetes": {"namespace": "a", "cpu": "lots"}}, ["kubernetes.cpu: got 'lots'"]),
    (
        {"kubernetes": {"namespace": "a", "allowed_ingress_cidrs": ["10.0.0.1/8"]}},
        ["kubernetes.allowed_ingress_cidrs[0]: got '10.0.0.1/8'", "10.20.0.0/16"],
    ),
    ({"kubernetes": {"namespace": "a", "model_volume_gib": 0}}, ["kubernetes.model_volume_gib: got 0"]),
    ({"kubernetes": {"namespace": "a", "pod_annotations": {"a/b/c": "d"}}}, ["kubernetes.pod_annotations.a/b/c"]),
    ({"kubernetes": {"namespace": "a", "gpu": 1}}, ["kubernetes.gpu: got an unknown key, expected one of"]),
    (
        {"kubernetes": {"namespace": "a", "accelerator": {"count": 0}}},
        ["kubernetes.accelerator.count: got 0, expected at least 1"],
    ),
    (
        {"kubernetes": {"namespace": "a", "accelerator": {"count": 0.5}}},
        ["kubernetes.accelerator.count: got 0.5, expected a whole number"],
    ),
    (
        {"kubernetes": {"namespace": "a", "accelerator": {"resource": "gpu"}}},
        ["kubernetes.accelerator.resource: got 'gpu', expected the name of an extended resource"],
    ),
    (
        {"kubernetes": {"namespace": "a", "memory": "2Gi", "shared_memory_gib": 2}},
        ["kubernetes.shared_memory_gib: got 2, expected less than the container's memory (2Gi)"],
    ),
    ({"model_cache_gib": 1}, ["model_cache_gib: got 1, expected less than the 512 MiB of kubernetes.memory"]),
    (
        {
            "model_cache_gib": 48,
            "kubernetes": {"namespace": "a", "accelerator": {"count": 2, "memory_gib": 24}},
        },
        ["model_cache_gib: got 48, expected less than the 49152 MiB of the accelerators"],
    ),
    ({"sagemaker": {}}, ["sagemaker: got an unknown key, expected one of"]),
    (
        {"image": "a:b", "registry_url": "mlflow", "replicas_min": "two"},
        ["3 problems", "image:", "registry_url: got 'mlflow'", "replicas_min: got 'two'"],
    ),
]


@pytest.mark.parametrize(("changes", "texts"), BAD)
def test_fails_when_arguments_are_wrong(changes: dict[str, Any], texts: list[str]) -> None:
    with pytest.raises(ArgumentsError) as caught:
        endpoint(**changes)
    for text in texts:
        assert text in str(caught.value)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: {"image": pulumi.Output.from_input("example.com/serving:latest")},
        lambda: {"model": {"version": pulumi.Output.from_input("newest"), "digest": DIGEST}},
        lambda: {"kubernetes": {"namespace": pulumi.Output.from_input("Flights")}},
        lambda: {"registry_url": pulumi.Output.from_input("http://user:hunter2@mlflow")},
    ],
)
def test_fails_when_an_output_turns_out_wrong(wrong: Callable[[], dict[str, Any]]) -> None:
    with pytest.raises(ValueError, match=r"KubernetesEndpoint 'flight-delay': 1 problem") as caught:
        declare(lambda: KubernetesEndpoint("flight-delay", arguments(**wrong())) and None)
    assert "hunter2" not in str(caught.value)
