import pytest
from ruamel.yaml import YAML

from quickstart.personal_stack import (
    ModelPin,
    Place,
    made_from,
    namespace_of,
    pinned_model,
    placed,
    with_model,
    without_secrets,
)
from sandbox.errors import SandboxError

TEMPLATE = """\
# yaml-language-server: $schema=schema.json
# Development: owns the registry.
encryptionsalt: v1:abc
config:
  mlops:platform:
    environment: dev
    target: kubernetes
    namespace: flights-dev
    owner: team-flights
    images:  # each by content
      pipeline: localhost/pulumi-mlops/pipeline:0123456789abcdef
      serving: localhost/pulumi-mlops/serving:0123456789abcdef
    kubernetes: {context: mlops-sandbox}
    registry:
      database: sqlite
      allowed_namespaces: [flights-staging, flights-prod]
  mlops:workloads:
    flight-delay:
      pipeline:
        gate: {metric: mae_minutes, max: 13.0}  # on the next month
      model: {version: 7, digest: "sha256:77"}
      endpoint:
        replicas_min: 1
        replicas_max: 3
  mlops:registry_database_password: {secure: v1:xyz}
"""
DIGEST = "sha256:" + "ab" * 32
PLACE = Place(
    "my-kind",
    {
        "pipeline": f"localhost/pulumi-mlops/pipeline@{DIGEST}",
        "serving": f"localhost/pulumi-mlops/serving@{DIGEST}",
        "registry": f"localhost/pulumi-mlops/registry@{DIGEST}",
    },
)


def config(text: str) -> dict[str, object]:
    loaded: dict[str, object] = YAML(typ="safe").load(text)["config"]
    return loaded


def test_the_personal_stack_differs_from_its_template_where_it_must_and_nowhere_else() -> None:
    assert config(made_from(TEMPLATE, PLACE)) == {
        "mlops:platform": {
            "environment": "local",
            "target": "kubernetes",
            "namespace": "flights-local",
            "owner": "team-flights",
            "images": {name: PLACE.images[name] for name in ("pipeline", "serving")},
            "kubernetes": {"context": "my-kind"},
            "registry": {"database": "sqlite", "protect_data": False},
        },
        "mlops:workloads": {
            "flight-delay": {
                "pipeline": {"gate": {"metric": "mae_minutes", "max": 13.0}},
                "endpoint": {"replicas_min": 1, "replicas_max": 3},
            }
        },
    }


def test_comments_are_kept_and_the_editors_line_stays_first() -> None:
    text = made_from(TEMPLATE, PLACE)
    lines = text.splitlines()
    assert lines[0] == "# yaml-language-server: $schema=schema.json"
    assert lines[1].startswith("# Your personal stack")
    assert "# Development" not in text
    assert "# on the next month" in text
    assert "# each by content" in text


def test_a_file_that_is_up_to_date_keeps_every_byte() -> None:
    text = made_from(TEMPLATE, PLACE)
    assert placed(text, PLACE) == text
    odd = text.replace("replicas_max: 3", "replicas_max:   4")
    assert placed(odd, PLACE) == odd


def test_new_images_and_another_cluster_reach_the_file_and_nothing_else_changes() -> None:
    text = made_from(TEMPLATE, PLACE)
    newer = Place("other", {**PLACE.images, "serving": f"localhost/pulumi-mlops/serving@sha256:{'cd' * 32}"})
    before, after = text.splitlines(), placed(text, newer).splitlines()
    changed = [new.strip() for old, new in zip(before, after, strict=True) if old != new]
    assert changed == [f"serving: localhost/pulumi-mlops/serving@sha256:{'cd' * 32}", "kubernetes: {context: other}"]


def test_a_model_is_pinned_on_one_line_and_unpinned_again() -> None:
    text = made_from(TEMPLATE, PLACE)
    assert pinned_model(text, "flight-delay") is None
    pinned = with_model(text, "flight-delay", ModelPin(3, DIGEST))
    assert f'      model: {{version: 3, digest: "{DIGEST}"}}' in pinned.splitlines()
    assert pinned_model(pinned, "flight-delay") == ModelPin(3, DIGEST)
    again = with_model(pinned, "flight-delay", ModelPin(4, DIGEST))
    assert pinned_model(again, "flight-delay") == ModelPin(4, DIGEST)
    assert config(with_model(again, "flight-delay", None)) == config(text)


def test_what_a_lost_passphrase_encrypted_is_taken_away() -> None:
    assert "secure" not in without_secrets(TEMPLATE)
    assert "encryptionsalt" not in without_secrets(TEMPLATE)
    kept = made_from(TEMPLATE, PLACE)
    assert without_secrets(kept) == kept


def test_the_namespace_is_the_owners_choice() -> None:
    text = made_from(TEMPLATE, PLACE).replace("flights-local", "flights-mine")
    assert namespace_of(placed(text, PLACE)) == "flights-mine"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- a list", "got CommentedSeq, expected the settings of a stack"),
        ("config: [", "not YAML"),
        ("config: {}", "mlops:platform: got None, expected a mapping"),
    ],
)
def test_a_file_that_is_no_stack_is_an_error(text: str, said: str) -> None:
    with pytest.raises(SandboxError, match=said):
        placed(text, PLACE)


def test_a_workload_that_is_gone_is_named() -> None:
    with pytest.raises(SandboxError, match="got flight-delay, expected fraud among them"):
        pinned_model(made_from(TEMPLATE, PLACE), "fraud")
