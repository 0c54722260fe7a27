from pathlib import Path
from typing import Any

import mlflow.store
import pulumi
import pytest
from mlflow.store.db.utils import create_sqlalchemy_engine

from pulumi_mlops import ArgumentsError, KubernetesModelRegistry, KubernetesModelRegistryArgs
from pulumi_mlops.cli.render.values import SECRET
from pulumi_mlops.model_registry.kubernetes import connections
from tests import kubernetes_documents
from tests.recording import AUTOMATIC_SUFFIX, Declaration, Declared, declare

IMAGE = "localhost/pulumi-mlops/registry:0123456789abcdef"
POSTGRES = "localhost/pulumi-mlops/postgres:0123456789abcdef"
PASSWORD = "correct horse battery staple"
COMPONENT = "mlops:index:KubernetesModelRegistry::mlflow"
WITH_POSTGRESQL = {"database": "postgresql", "database_image": POSTGRES, "database_password": PASSWORD}
IN_S3 = {"artifacts_s3": {"uri": "s3://models/flights"}}


def arguments(settings: dict[str, Any], **more: Any) -> KubernetesModelRegistryArgs:
    args: Any = {"kubernetes": {"namespace": "flights-dev", "image": IMAGE, **settings}, **more}
    checked: KubernetesModelRegistryArgs = args
    return checked


def registry(**settings: Any) -> Declaration:
    return declare(lambda: KubernetesModelRegistry("mlflow", arguments(settings)).url)


def server(declaration: Declaration) -> dict[str, Any]:
    (container,) = declaration.one("Deployment").inputs["spec"]["template"]["spec"]["containers"]
    assert isinstance(container, dict)
    return container


def option(declaration: Declaration, name: str) -> str:
    command = server(declaration)["command"]
    return str(command[command.index(name) + 1])


def environment(container: dict[str, Any]) -> dict[str, Any]:
    return {variable["name"]: variable.get("value", variable.get("valueFrom")) for variable in container["env"]}


def test_declares_exactly_these_children_with_sqlite() -> None:
    assert registry().children() == [
        ("kubernetes:apps/v1:Deployment", "mlflow", COMPONENT),
        ("kubernetes:core/v1:PersistentVolumeClaim", "mlflow-artifacts", COMPONENT),
        ("kubernetes:core/v1:PersistentVolumeClaim", "mlflow-database", COMPONENT),
        ("kubernetes:core/v1:Service", "mlflow", COMPONENT),
        ("kubernetes:core/v1:ServiceAccount", "mlflow", COMPONENT),
        ("kubernetes:networking.k8s.io/v1:NetworkPolicy", "mlflow", COMPONENT),
        ("mlops:index:KubernetesModelRegistry", "mlflow", ""),
    ]


def test_declares_exactly_these_children_with_postgresql_and_s3() -> None:
    assert registry(replicas=2, **WITH_POSTGRESQL, **IN_S3).children() == [
        ("kubernetes:apps/v1:Deployment", "mlflow", COMPONENT),
        ("kubernetes:apps/v1:StatefulSet", "mlflow-database", COMPONENT),
        ("kubernetes:core/v1:PersistentVolumeClaim", "mlflow-database-data", COMPONENT),
        ("kubernetes:core/v1:Secret", "mlflow-database", COMPONENT),
        ("kubernetes:core/v1:Service", "mlflow", COMPONENT),
        ("kubernetes:core/v1:Service", "mlflow-database", COMPONENT),
        ("kubernetes:core/v1:ServiceAccount", "mlflow", COMPONENT),
        ("kubernetes:core/v1:ServiceAccount", "mlflow-database", COMPONENT),
        ("kubernetes:networking.k8s.io/v1:NetworkPolicy", "mlflow", COMPONENT),
        ("kubernetes:networking.k8s.io/v1:NetworkPolicy", "mlflow-database", COMPONENT),
        ("kubernetes:policy/v1:PodDisruptionBudget", "mlflow", COMPONENT),
        ("mlops:index:KubernetesModelRegistry", "mlflow", ""),
    ]


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"storage_class_name": "fast", "allowed_namespaces": ["flights-prod"], "cpu": "1", "memory": "2Gi"},
        WITH_POSTGRESQL,
        {
            **WITH_POSTGRESQL,
            "database_cpu": "2",
            "database_memory": "4Gi",
            "pod_annotations": {"sidecar.istio.io/inject": "false"},
            "allowed_ingress_cidrs": ["10.0.0.0/8"],
        },
        {**WITH_POSTGRESQL, "storage_class_name": "fast", "image_pull_secret_names": ["registry"]},
        {
            "artifacts_s3": {
                "uri": "s3://models/flights",
                "endpoint_url": "http://minio.storage.svc.cluster.local:9000",
                "credentials_secret_name": "minio",
            }
        },
        {**IN_S3, "service_account_annotations": {"eks.amazonaws.com/role-arn": "arn:aws:iam::123456789012:role/x"}},
    ],
)
def test_every_object_has_the_form_that_kubernetes_asks_for(settings: dict[str, Any]) -> None:
    for document in kubernetes_documents.objects(registry(**settings).resources):
        if document["kind"] != "Secret":
            kubernetes_documents.check_schema(document)
        for pod in kubernetes_documents.pod_specs(document):
            assert kubernetes_documents.weaknesses(pod) == []


def test_the_database_has_the_cpu_and_the_memory_that_are_asked_for() -> None:
    declaration = registry(**WITH_POSTGRESQL, database_cpu="2", database_memory="4Gi", cpu="300m", memory="3Gi")
    (database,) = declaration.one("StatefulSet").inputs["spec"]["template"]["spec"]["containers"]
    resources = database["resources"]
    assert (resources["requests"]["cpu"], resources["requests"]["memory"]) == ("2", "4Gi")
    assert resources["limits"] == {"memory": "4Gi"}
    assert server(declaration)["resources"]["limits"] == {"memory": "3Gi"}


@pytest.mark.parametrize("replicas", [1, 2, 3, 10, 100])
def test_the_database_allows_every_connection_that_the_servers_may_open(replicas: int) -> None:
    declaration = registry(**WITH_POSTGRESQL, **IN_S3, replicas=replicas)
    variables, workers = environment(server(declaration)), int(option(declaration, "--workers"))
    pool = int(variables["MLFLOW_SQLALCHEMYSTORE_POOL_SIZE"]) + int(variables["MLFLOW_SQLALCHEMYSTORE_MAX_OVERFLOW"])
    (database,) = declaration.one("StatefulSet").inputs["spec"]["template"]["spec"]["containers"]
    allowed = int(database["command"][-1].removeprefix("max_connections="))
    # A rollout replaces every server before the last old one has ended; three are reserved for superusers.
    assert allowed > 2 * replicas * workers * len(_mlflow_engines()) * pool + 3
    memory = kubernetes_documents.mebibytes(database["resources"]["limits"]["memory"])
    assert memory >= max(512, 4 * replicas * workers * len(_mlflow_engines()) * pool)


def _mlflow_engines() -> list[str]:
    """Stores of MLflow that keep an engine in each worker of a server whose workspaces and accounts are off."""
    stores = Path(next(iter(mlflow.store.__path__))).rglob("sqlalchemy_store.py")
    return [str(store) for store in stores if "_engine_map: dict" in store.read_text(encoding="utf-8")]


@pytest.mark.parametrize("name", connections.ENVIRONMENT)
def test_a_pool_of_mlflow_is_as_large_as_it_is_told(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable, value in connections.ENVIRONMENT.items():
        monkeypatch.setenv(variable, value)
    engine = create_sqlalchemy_engine("postgresql+psycopg2://mlflow@localhost/mlflow")  # type: ignore[no-untyped-call]
    told = {
        "MLFLOW_SQLALCHEMYSTORE_POOL_SIZE": engine.pool.size(),
        "MLFLOW_SQLALCHEMYSTORE_MAX_OVERFLOW": engine.pool._max_overflow,
    }
    assert told[name] == int(connections.ENVIRONMENT[name])


def test_a_database_without_memory_for_its_connections_is_refused() -> None:
    settings = {**WITH_POSTGRESQL, **IN_S3, "replicas": 3}
    with pytest.raises(ArgumentsError, match=r"database_memory: got '512Mi', expected at least 616Mi.* 3 servers"):
        registry(**settings, database_memory="512Mi")
    assert registry(**settings, database_memory="1Ti").one("StatefulSet")


@pytest.mark.parametrize("setting", [{"database_cpu": "2"}, {"database_memory": "4Gi"}])
def test_sqlite_has_no_server_to_give_resources_to(setting: dict[str, Any]) -> None:
    with pytest.raises(ArgumentsError, match=rf"kubernetes.{next(iter(setting))}: got .*nothing: SQLite has no server"):
        registry(**setting)


def test_annotations_stand_on_the_pods_of_the_server_and_of_the_database() -> None:
    annotations = {"sidecar.istio.io/inject": "false"}
    declaration = registry(**WITH_POSTGRESQL, pod_annotations=annotations)
    for kind in ("Deployment", "StatefulSet"):
        assert declaration.one(kind).inputs["spec"]["template"]["metadata"]["annotations"] == annotations


def test_callers_from_outside_the_cluster_are_allowed_by_their_address() -> None:
    def ingress(**settings: Any) -> list[Any]:
        rules: list[Any] = registry(**settings).one("NetworkPolicy", "mlflow").inputs["spec"]["ingress"]
        return rules

    (before,), (after,) = ingress(), ingress(allowed_ingress_cidrs=["10.1.0.0/16"])
    assert after == {"from": [*before["from"], {"ipBlock": {"cidr": "10.1.0.0/16"}}], "ports": before["ports"]}


def test_sqlite_lies_on_a_volume_that_two_servers_never_share() -> None:
    declaration = registry(database_volume_gib=3, artifacts_volume_gib=20)
    spec = declaration.one("Deployment").inputs["spec"]
    assert (spec["replicas"], spec["strategy"]) == (1, {"type": "Recreate"})
    sizes = {
        role: declaration.one("PersistentVolumeClaim", f"mlflow-{role}").inputs["spec"]["resources"]["requests"]
        for role in ("database", "artifacts")
    }
    assert sizes == {"database": {"storage": "3Gi"}, "artifacts": {"storage": "20Gi"}}
    mounts = {mount["mountPath"] for mount in server(declaration)["volumeMounts"]}
    assert option(declaration, "--backend-store-uri").removeprefix("sqlite:///").rpartition("/")[0] in mounts
    assert option(declaration, "--artifacts-destination") in mounts


def test_the_volume_of_postgresql_is_an_object_that_takes_another_size_and_class() -> None:
    declaration = registry(database_volume_gib=3, storage_class_name="fast", **WITH_POSTGRESQL, **IN_S3)
    claim = declaration.one("PersistentVolumeClaim").inputs
    assert claim["spec"]["resources"]["requests"] == {"storage": "3Gi"}
    assert claim["spec"]["storageClassName"] == "fast"
    stateful_set = declaration.one("StatefulSet")
    spec = stateful_set.inputs["spec"]
    assert "volumeClaimTemplates" not in spec
    data = {"name": "data", "persistentVolumeClaim": {"claimName": claim["metadata"]["name"]}}
    assert data in spec["template"]["spec"]["volumes"]


def protected(declaration: Declaration) -> list[str]:
    return sorted(one.name for one in declaration.resources if one.options.protect)


@pytest.mark.parametrize(
    ("settings", "volumes"),
    [
        ({}, ["mlflow-artifacts", "mlflow-database"]),
        (WITH_POSTGRESQL, ["mlflow-artifacts", "mlflow-database-data"]),
        ({**WITH_POSTGRESQL, **IN_S3}, ["mlflow-database-data"]),
    ],
)
def test_an_update_that_would_delete_a_volume_is_refused(settings: dict[str, Any], volumes: list[str]) -> None:
    assert protected(registry(**settings)) == volumes
    assert protected(registry(protect_data=False, **settings)) == []


@pytest.mark.parametrize("settings", [{}, WITH_POSTGRESQL, {**WITH_POSTGRESQL, **IN_S3}])
def test_what_is_protected_stays_when_one_update_lifts_that_and_deletes_it(settings: dict[str, Any]) -> None:
    for is_protected in (True, False):
        declaration = registry(protect_data=is_protected, **settings)
        kept = sorted(one.name for one in declaration.resources if one.options.retainOnDelete)
        assert kept == protected(declaration)
        volumes = [one.name for one in declaration.resources if one.type.endswith(":PersistentVolumeClaim")]
        assert kept == (sorted(volumes) if is_protected else [])


@pytest.mark.parametrize(("before", "after"), [({}, WITH_POSTGRESQL), (WITH_POSTGRESQL, {})])
def test_another_database_replaces_the_volume_and_is_refused_before_anything_is_switched(
    before: dict[str, Any], after: dict[str, Any]
) -> None:
    def databases(settings: dict[str, Any]) -> list[Declared]:
        resources = registry(**settings, **IN_S3).resources
        return [one for one in resources if one.type.endswith(":PersistentVolumeClaim")]

    (old,), (new,) = databases(before), databases(after)
    assert old.name != new.name
    assert old.inputs["metadata"]["name"] != new.inputs["metadata"]["name"]
    assert [alias.spec.name for alias in new.options.aliases] == [old.name]
    assert new.options.protect


def test_volumes_may_also_be_protected_by_the_components_own_options() -> None:
    options = pulumi.ResourceOptions(protect=True)
    settings = arguments({"protect_data": False})
    declaration = declare(lambda: KubernetesModelRegistry("mlflow", settings, options).url)
    assert {"mlflow-artifacts", "mlflow-database"} <= set(protected(declaration))


def test_neither_database_takes_over_the_others_volume() -> None:
    claims = [
        {one.name for one in registry(**settings).resources if one.type.endswith(":PersistentVolumeClaim")}
        for settings in (IN_S3, {**WITH_POSTGRESQL, **IN_S3})
    ]
    assert claims == [{"mlflow-database"}, {"mlflow-database-data"}]


@pytest.mark.parametrize("settings", [{}, WITH_POSTGRESQL])
def test_the_database_is_brought_to_the_servers_schema_before_it_starts(settings: dict[str, Any]) -> None:
    declaration = registry(**settings)
    (schema,) = declaration.one("Deployment").inputs["spec"]["template"]["spec"]["initContainers"]
    assert schema["command"] == ["mlflow", "db", "upgrade", option(declaration, "--backend-store-uri")]
    assert schema["image"] == server(declaration)["image"]
    assert schema["volumeMounts"] == server(declaration)["volumeMounts"]
    assert environment(schema).get("PGPASSWORD") == environment(server(declaration)).get("PGPASSWORD")


def test_servers_without_a_volume_are_replaced_one_by_one() -> None:
    declaration = registry(replicas=2, **WITH_POSTGRESQL, **IN_S3)
    assert declaration.one("Deployment").inputs["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
    assert declaration.one("PodDisruptionBudget").inputs["spec"]["maxUnavailable"] == 1
    assert option(declaration, "--artifacts-destination") == "s3://models/flights"


def test_probes_ask_the_api_with_a_host_that_it_takes() -> None:
    declaration = registry()
    hosts = option(declaration, "--allowed-hosts").split(",")
    for probe in ("startupProbe", "readinessProbe"):
        request = server(declaration)[probe]["httpGet"]
        assert request["path"].startswith("/api/2.0/mlflow/")
        (header,) = request["httpHeaders"]
        assert header["name"] == "Host"
        assert header["value"] in hosts


@pytest.mark.parametrize(
    "host", ["mlflow", "mlflow.flights-dev", "mlflow.flights-dev.svc", "mlflow.flights-dev.svc.cluster.local"]
)
def test_every_name_of_the_service_is_an_allowed_host(host: str) -> None:
    hosts = option(registry(), "--allowed-hosts").split(",")
    assert {host, f"{host}:*"} <= set(hosts)
    assert "*" not in hosts


def test_the_server_listens_at_addresses_of_either_family() -> None:
    assert (option(registry(), "--workers"), option(registry(), "--host")) == ("1", "")
    with_postgresql = registry(**WITH_POSTGRESQL)
    assert (option(with_postgresql, "--workers"), option(with_postgresql, "--host")) == ("2", "::")


def test_mlflow_starts_no_jobs_of_its_own_and_reports_nothing() -> None:
    variables = environment(server(registry()))
    assert variables["MLFLOW_SERVER_ENABLE_JOB_EXECUTION"] == "false"
    assert variables["MLFLOW_DISABLE_TELEMETRY"] == "true"


def test_the_password_is_a_secret_and_stands_nowhere_else() -> None:
    declaration = registry(**WITH_POSTGRESQL)
    assert declaration.one("Secret").inputs["stringData"] == SECRET
    others = [resource for resource in declaration.resources if resource.type != "kubernetes:core/v1:Secret"]
    assert [resource.name for resource in others if PASSWORD in str(resource.inputs)] == []
    assert environment(server(declaration))["PGPASSWORD"]["secretKeyRef"] == {
        "name": f"mlflow-database-{AUTOMATIC_SUFFIX}",
        "key": "password",
    }
    address, _, _ = option(declaration, "--backend-store-uri").partition("?")
    assert address == "postgresql+psycopg2://mlflow@mlflow-database:5432/mlflow"


def test_a_database_that_sends_no_word_is_given_up_within_seconds() -> None:
    _, _, query = option(registry(**WITH_POSTGRESQL), "--backend-store-uri").partition("?")
    limits = {name: int(value) for name, value in (pair.split("=") for pair in query.split("&"))}
    assert 0 < limits["connect_timeout"] <= 10
    assert 0 < limits["tcp_user_timeout"] <= 10_000
    assert 0 < limits["keepalives_idle"] + limits["keepalives_interval"] * limits["keepalives_count"] <= 20


@pytest.mark.parametrize("preview", [False, True])
def test_another_password_is_another_secret_which_database_and_server_then_mount(preview: bool) -> None:
    declaration = declare(
        lambda: KubernetesModelRegistry("mlflow", arguments(WITH_POSTGRESQL)).url and None, preview=preview
    )
    secret = declaration.one("Secret")
    assert secret.inputs["immutable"] is True
    assert "name" not in secret.inputs["metadata"]
    assert not secret.options.deleteBeforeReplace
    name = f"mlflow-database-{AUTOMATIC_SUFFIX}"
    database = declaration.one("StatefulSet").inputs["spec"]["template"]["spec"]
    assert {"secretName": name, "defaultMode": 0o440} in [volume.get("secret") for volume in database["volumes"]]
    pod = declaration.one("Deployment").inputs["spec"]["template"]["spec"]
    for container in [*pod["initContainers"], *pod["containers"]]:
        assert environment(container)["PGPASSWORD"]["secretKeyRef"]["name"] == name


def test_the_server_waits_for_the_database() -> None:
    with_postgresql = registry(**WITH_POSTGRESQL).one("Deployment").depends_on
    assert "kubernetes:apps/v1:StatefulSet::mlflow-database" in with_postgresql


@pytest.mark.parametrize("settings", [{}, WITH_POSTGRESQL])
def test_nothing_waits_for_a_claim_that_may_wait_for_its_first_pod(settings: dict[str, Any]) -> None:
    for resource in registry(**settings).resources:
        assert [one for one in resource.depends_on if ":PersistentVolumeClaim::" in one] == [], resource.name


def test_who_uses_the_address_waits_for_the_server() -> None:
    def program() -> None:
        component = KubernetesModelRegistry("mlflow", arguments({}))
        pulumi.CustomResource("test:index:Client", "client", {"url": component.url})

    client = declare(program).one("Client")
    assert client.inputs["url"] == "http://mlflow.flights-dev.svc:5000"
    assert client.depends_on >= {"kubernetes:apps/v1:Deployment::mlflow", "kubernetes:core/v1:Service::mlflow"}


def test_the_address_is_known_in_a_preview() -> None:
    previewed = declare(lambda: KubernetesModelRegistry("mlflow", arguments({})).url, preview=True)
    assert previewed.result == "http://mlflow.flights-dev.svc:5000"


def peers(policy: Declared, direction: str) -> list[tuple[Any, Any]]:
    rules = policy.inputs["spec"][direction]
    side = "from" if direction == "ingress" else "to"
    return [(rule.get(side), [port["port"] for port in rule["ports"]]) for rule in rules]


def test_only_our_pods_of_the_allowed_namespaces_reach_the_server() -> None:
    policy = registry(allowed_namespaces=["flights-prod"]).one("NetworkPolicy")
    ((callers, ports),) = peers(policy, "ingress")
    ours = {"matchLabels": {"app.kubernetes.io/part-of": "pulumi-mlops"}}
    assert callers == [
        {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": name}}, "podSelector": ours}
        for name in ("flights-dev", "flights-prod")
    ]
    assert ports == [5000]


AGENT = ["169.254.170.23/32", "fd00:ec2::23/128"]


@pytest.mark.parametrize(("credentials", "is_allowed"), [({}, True), ({"credentials_secret_name": "minio"}, False)])
def test_a_server_with_an_identity_of_the_cloud_asks_its_agent(credentials: dict[str, Any], is_allowed: bool) -> None:
    declaration = registry(artifacts_s3={"uri": "s3://models", **credentials})
    rules = declaration.one("NetworkPolicy").inputs["spec"]["egress"]
    blocks = [[peer["ipBlock"]["cidr"] for peer in rule.get("to", []) if "ipBlock" in peer] for rule in rules]
    assert (AGENT in blocks) == is_allowed


def test_only_the_server_reaches_the_database() -> None:
    declaration = registry(**WITH_POSTGRESQL)
    database = declaration.one("NetworkPolicy", "mlflow-database")
    ((callers, ports),) = peers(database, "ingress")
    labels = declaration.one("Deployment").inputs["spec"]["template"]["metadata"]["labels"]
    assert callers[0]["podSelector"]["matchLabels"].items() <= labels.items()
    assert ports == [5432]
    assert peers(database, "egress") == []
    reached = peers(declaration.one("NetworkPolicy", "mlflow"), "egress")[-1]
    pod_labels = declaration.one("StatefulSet").inputs["spec"]["template"]["metadata"]["labels"]
    assert reached[0][0]["podSelector"]["matchLabels"].items() <= pod_labels.items()


BAD: list[tuple[dict[str, Any], list[str]]] = [
    ({"replicas": 2}, ["kubernetes.replicas: got 2, expected 1", "use postgresql and `artifacts_s3`"]),
    ({"replicas": 2, **WITH_POSTGRESQL}, ["kubernetes.replicas: got 2"]),
    ({"protect_data": "no"}, ["kubernetes.protect_data: got 'no', expected true or false"]),
    ({"database": "mysql"}, ["kubernetes.database: got 'mysql', expected one of sqlite, postgresql"]),
    ({"database": "postgresql"}, ["2 problems", "database_image: got nothing", "database_password: got nothing"]),
    ({"database_password": PASSWORD}, ["database_password: got a secret, expected nothing: SQLite has no server"]),
    ({"database_passwd": PASSWORD}, ["kubernetes.database_passwd: got an unknown key, expected one of"]),
    ({"artifacts_volume_gib": 5, **IN_S3}, ["artifacts_volume_gib: got 5", "keep either"]),
    ({"artifacts_s3": {"uri": "models"}}, ["artifacts_s3.uri: got 'models', expected an S3 URI"]),
    ({"image": "mlflow:latest", "database_volume_gib": 0}, ["2 problems", "image:", "database_volume_gib: got 0"]),
]


@pytest.mark.parametrize(("settings", "texts"), BAD)
def test_fails_when_arguments_are_wrong(settings: dict[str, Any], texts: list[str]) -> None:
    with pytest.raises(ArgumentsError) as caught:
        registry(**settings)
    for text in texts:
        assert text in str(caught.value)
    assert PASSWORD not in str(caught.value)
