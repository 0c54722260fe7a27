from typing import Any

import pulumi
import pytest

from pulumi_mlops import Platform, Workload
from pulumi_mlops.cli.render.values import SECRET
from pulumi_mlops.stack import PlatformConfig
from pulumi_mlops.stack.load import StackSecrets
from pulumi_mlops.stack.model import StackConfig
from tests import kubernetes_documents
from tests.recording import Declaration, declare

IMAGES = {name: f"localhost/pulumi-mlops/{name}:0123456789abcdef" for name in ("pipeline", "serving")}
REGISTRY_IMAGE = "localhost/pulumi-mlops/registry:0123456789abcdef"
POSTGRES_IMAGE = "localhost/pulumi-mlops/postgres:0123456789abcdef"
DIGEST = "sha256:" + "a" * 64
EXISTING = {"url": "http://mlflow.flights-dev.svc.cluster.local:5000"}


def config(
    registry_settings: dict[str, Any], kubernetes: dict[str, Any] | None = None, **images: str
) -> PlatformConfig:
    return PlatformConfig.model_validate(
        {
            "environment": "prod",
            "target": "kubernetes",
            "namespace": "flights-prod",
            "owner": "team-flights",
            "images": IMAGES | images,
            "kubernetes": {"context": "mlops-sandbox", **(kubernetes or {})},
            "registry": registry_settings,
        }
    )


def platform(settings: PlatformConfig, *, password: str | None = None) -> Declaration:
    def program() -> object:
        secrets = StackSecrets(None if password is None else pulumi.Output.secret(password))
        component = Platform("platform", settings, secrets)
        return {"namespace": component.namespace, "registry_id": component.registry_id}

    return declare(program)


def test_another_stacks_registry_is_used_as_it_is() -> None:
    declaration = platform(config(EXISTING))
    assert declaration.children() == [
        ("kubernetes:core/v1:Namespace", "platform", "mlops:index:Platform::platform"),
        ("mlops:index:Platform", "platform", ""),
    ]
    assert declaration.result == {"namespace": "flights-prod", "registry_id": EXISTING["url"]}


def test_the_namespace_takes_restricted_pods_only() -> None:
    labels = platform(config(EXISTING)).one("Namespace").inputs["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"
    assert labels["pulumi-mlops.dev/owner"] == "team-flights"


def test_its_own_registry_comes_after_the_namespace() -> None:
    settings = config({"database": "sqlite", "artifacts_volume_gib": 9}, registry=REGISTRY_IMAGE)
    declaration = platform(settings)
    assert declaration.result["registry_id"] == "http://mlflow.flights-prod.svc:5000"
    server = declaration.one("Deployment")
    assert server.inputs["metadata"]["name"] == "mlflow"
    for kind in ("ServiceAccount", "NetworkPolicy", "Service"):
        assert "kubernetes:core/v1:Namespace::platform" in declaration.one(kind).depends_on
    claim = declaration.one("PersistentVolumeClaim", "mlflow-artifacts")
    assert claim.inputs["spec"]["resources"]["requests"]["storage"] == "9Gi"


@pytest.mark.parametrize(("registry", "is_protected"), [({}, True), ({"protect_data": False}, False)])
def test_the_volumes_of_its_registry_and_their_namespace_are_protected_unless_the_stack_says_otherwise(
    registry: dict[str, Any], is_protected: bool
) -> None:
    declaration = platform(config(registry, registry=REGISTRY_IMAGE))
    expected = ["mlflow-artifacts", "mlflow-database", "platform"] if is_protected else []
    for option in ("protect", "retainOnDelete"):
        assert sorted(one.name for one in declaration.resources if getattr(one.options, option)) == expected


def test_a_namespace_without_data_is_not_protected() -> None:
    assert not platform(config(EXISTING)).one("Namespace").options.protect


def test_postgresql_takes_its_password_from_the_secrets() -> None:
    settings = config({"database": "postgresql"}, registry=REGISTRY_IMAGE, postgres=POSTGRES_IMAGE)
    declaration = platform(settings, password="correct horse")
    secret = declaration.one("Secret")
    assert secret.inputs["stringData"] == SECRET
    assert "correct horse" in str(secret.options.object)
    (database,) = declaration.one("StatefulSet").inputs["spec"]["template"]["spec"]["containers"]
    assert database["image"] == POSTGRES_IMAGE


def test_artifacts_in_s3_need_no_volume() -> None:
    artifacts = {"uri": "s3://models/flights", "endpoint_url": "http://minio:9000", "credentials_secret_name": "minio"}
    declaration = platform(config({"artifacts_s3": artifacts}, registry=REGISTRY_IMAGE))
    assert [name for kind, name, _ in declaration.children() if kind.endswith(":PersistentVolumeClaim")] == [
        "mlflow-database"
    ]
    (server,) = declaration.one("Deployment").inputs["spec"]["template"]["spec"]["containers"]
    variables = {one["name"]: one.get("value") for one in server["env"]}
    assert variables["MLFLOW_S3_ENDPOINT_URL"] == "http://minio:9000"
    assert "AWS_SECRET_ACCESS_KEY" in variables


def test_a_password_before_the_setting_that_needs_it_reaches_nothing() -> None:
    declaration = platform(config({}, registry=REGISTRY_IMAGE), password="correct horse")
    assert declaration.one("Deployment").inputs["spec"]["template"]["spec"]["containers"]
    assert "correct horse" not in str([resource.inputs for resource in declaration.resources])


def test_settings_of_the_cluster_reach_the_registry() -> None:
    registry = {
        "database": "postgresql",
        "replicas": 2,
        "artifacts_s3": {"uri": "s3://models/flights"},
        "service_account_annotations": {"eks.amazonaws.com/role-arn": "arn:aws:iam::1:role/models"},
    }
    kubernetes = {"image_pull_secret_names": ["login"], "storage_class_name": "fast"}
    settings = config(registry, kubernetes, registry=REGISTRY_IMAGE, postgres=POSTGRES_IMAGE)
    declaration = platform(settings, password="correct horse")
    server, database = declaration.one("Deployment").inputs, declaration.one("StatefulSet").inputs
    assert server["spec"]["replicas"] == 2
    for workload in (server, database):
        assert workload["spec"]["template"]["spec"]["imagePullSecrets"] == [{"name": "login"}]
    assert declaration.one("PersistentVolumeClaim").inputs["spec"]["storageClassName"] == "fast"
    identity = declaration.one("ServiceAccount", "mlflow").inputs["metadata"]
    assert identity["annotations"]["eks.amazonaws.com/role-arn"] == "arn:aws:iam::1:role/models"


def test_a_cluster_that_assigns_users_is_told_none_by_any_pod() -> None:
    registry = {"database": "postgresql"}
    images = {"registry": REGISTRY_IMAGE, "postgres": POSTGRES_IMAGE}
    workload = {"model": {"version": 7, "digest": DIGEST}}

    def users(kubernetes: dict[str, Any]) -> dict[str, set[str]]:
        settings = config(registry, kubernetes, **images)
        stack = StackConfig.model_validate({"platform": settings.model_dump(), "workloads": {"flight-delay": workload}})

        def program() -> object:
            shared = Platform("platform", settings, StackSecrets(pulumi.Output.secret("correct horse")))
            return Workload("flight-delay", shared.workload_args(stack, "flight-delay")).outputs()

        resources = declare(program).resources
        return {
            f"{document['kind']} {document['metadata']['name']}": set(pod["securityContext"])
            & {"runAsUser", "runAsGroup", "fsGroup"}
            for document in kubernetes_documents.objects(resources)
            if document["kind"] != "Secret"
            for pod in kubernetes_documents.pod_specs(document)
        }

    ours, clusters = users({}), users({"cluster_assigned_user": True})
    # The servers, the truth check, the pipeline, MLflow, PostgreSQL.
    assert len(ours) == len(clusters) == 5
    assert all(named == {"runAsUser", "runAsGroup", "fsGroup"} for named in ours.values())
    assert not any(clusters.values())


def test_settings_of_the_cluster_reach_a_workload() -> None:
    settings = config(EXISTING, {"image_pull_secret_names": ["login"]})
    workload = {
        "model": {"version": 7, "digest": DIGEST},
        "pipeline": {"kubernetes": {"allowed_egress_cidrs": ["10.20.0.0/16"]}},
        "endpoint": {"kubernetes": {"allowed_namespaces": ["shop"]}},
    }
    document = {"platform": settings.model_dump(), "workloads": {"flight-delay": workload}}
    stack = StackConfig.model_validate(document)

    def program() -> object:
        shared = Platform("platform", settings, StackSecrets())
        return Workload("flight-delay", shared.workload_args(stack, "flight-delay")).outputs()

    declaration = declare(program)
    run = declaration.one("CronJob").inputs["spec"]["jobTemplate"]["spec"]
    for spec in (run, declaration.one("Deployment").inputs["spec"], declaration.one("Job").inputs["spec"]):
        assert spec["template"]["spec"]["imagePullSecrets"] == [{"name": "login"}]
    egress = declaration.one("NetworkPolicy", "flight-delay-pipeline").inputs["spec"]["egress"]
    assert {"to": [{"ipBlock": {"cidr": "10.20.0.0/16"}}]} in egress
    (ingress,) = declaration.one("NetworkPolicy", "flight-delay").inputs["spec"]["ingress"]
    callers = [one["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"] for one in ingress["from"]]
    assert callers == ["flights-prod", "shop"]


def test_a_first_preview_knows_no_more_than_the_inputs_and_shows_everything() -> None:
    settings = config({"database": "postgresql"}, registry=REGISTRY_IMAGE, postgres=POSTGRES_IMAGE)
    workload = {"model": {"version": 7, "digest": DIGEST}}
    stack = StackConfig.model_validate({"platform": settings.model_dump(), "workloads": {"flight-delay": workload}})

    def program() -> None:
        secrets = StackSecrets(pulumi.Output.secret("correct horse"))
        shared = Platform("platform", settings, secrets)
        Workload("flight-delay", shared.workload_args(stack, "flight-delay"))

    assert declare(program, preview=True).children() == declare(program).children()


@pytest.mark.parametrize("model", [None, {"version": 7, "digest": DIGEST}])
def test_a_workloads_arguments_say_what_its_configuration_says(model: dict[str, Any] | None) -> None:
    settings = config(EXISTING)
    workload = {
        "pipeline": {"schedule": "0 4 * * 1", "gate": {"metric": "mae_minutes", "max": 13.0}, "workspace_gib": 3},
        "endpoint": {"replicas_min": 2, "replicas_max": 4, "kubernetes": {"cpu": "200m"}},
        **({"model": model} if model else {}),
    }
    stack = StackConfig.model_validate({"platform": settings.model_dump(), "workloads": {"flight-delay": workload}})
    results: list[Any] = []
    declare(lambda: results.append(Platform("platform", settings, StackSecrets()).workload_args(stack, "flight-delay")))
    (args,) = results
    assert args["pipeline"]["graph"]["reference"] == "flight_delay.graph:GRAPH"
    assert args["pipeline"]["schedule"] == "0 4 * * 1"
    assert args["pipeline"]["gate"] == {"metric": "mae_minutes", "max": 13.0}
    assert args["pipeline"]["workspace_gib"] == 3
    endpoint = args["endpoint"]
    assert (endpoint["replicas_min"], endpoint["replicas_max"], endpoint["kubernetes"]) == (2, 4, {"cpu": "200m"})
    assert args.get("model") == ({"version": "7", "digest": DIGEST} if model else None)
    assert args["pipeline_image"] == IMAGES["pipeline"]
