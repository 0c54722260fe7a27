"""A model that makes a vector of a text, asked as clients of embeddings ask."""

import base64
import json
from pathlib import Path

import numpy
import pandas as pd
import pytest
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import make_pipeline

from mlops_runtime.packaging import save_model
from mlops_runtime.serving.asking import TruthError
from mlops_runtime.serving.protocol_embeddings import INPUTS_MAX, PATH, makes_embeddings
from mlops_runtime.serving.request_body import Application
from mlops_runtime.serving.served_model import ServedModel, UnservableModelError, load_served_model
from tests.unit.pipelines.serving.applications import application_of, ask
from tests.unit.pipelines.serving.pyfuncs import MESSAGES

NAME = "searcher"
LENGTH = 4


@pytest.fixture(scope="module")
def embedder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("embedder") / "model"
    texts = pd.Series(MESSAGES, name="text")
    model = make_pipeline(TfidfVectorizer(), TruncatedSVD(LENGTH, random_state=0)).fit(texts)
    save_model(model, texts, directory)
    return directory


@pytest.fixture(scope="module")
def served_embedder(embedder: Path) -> ServedModel:
    return load_served_model(embedder, NAME, "3")


@pytest.fixture(scope="module")
def application(served_embedder: ServedModel) -> Application:
    """It has asked itself what the truth check will ask, embeddings too."""
    return application_of(served_embedder)


def test_a_text_becomes_a_vector_as_by_v1(application: Application) -> None:
    answer = ask(application, PATH, {"model": NAME, "input": MESSAGES[0]})
    assert answer.status_code == 200
    assert answer.headers["mlops-model-version"] == "3"
    document = answer.json()
    assert (document["object"], document["model"]) == ("list", NAME)
    (found,) = document["data"]
    assert (found["object"], found["index"], len(found["embedding"])) == ("embedding", 0, LENGTH)
    rows = {"instances": [{"text": MESSAGES[0]}]}
    (by_v1,) = ask(application, f"/v1/models/{NAME}:predict", rows).json()["predictions"]
    assert found["embedding"] == by_v1


def test_texts_become_vectors_in_their_order(application: Application) -> None:
    together = ask(application, PATH, {"input": MESSAGES[:3]}).json()["data"]
    one_by_one = [ask(application, PATH, {"input": text}).json()["data"][0]["embedding"] for text in MESSAGES[:3]]
    assert [each["index"] for each in together] == [0, 1, 2]
    assert numpy.allclose([each["embedding"] for each in together], one_by_one, atol=1e-6)


def test_numbers_come_as_bytes_where_they_are_asked_for(application: Application) -> None:
    """OpenAI's own client asks for base64 unless it is told otherwise."""
    numbers, encoded = (
        ask(application, PATH, {"input": MESSAGES[0], "encoding_format": form}).json()["data"][0]["embedding"]
        for form in ("float", "base64")
    )
    assert numpy.allclose(numpy.frombuffer(base64.b64decode(encoded), dtype="<f4"), numbers)


@pytest.mark.parametrize(
    ("document", "told"),
    [
        ([], "request: got a list of 0, expected an object"),
        ({}, "input: got null, expected a text, or a list of 1 to 2048 texts"),
        ({"input": []}, "input: got a list of 0"),
        ({"input": ["x"] * (INPUTS_MAX + 1)}, "input: got a list of 2049"),
        ({"input": ["x", 5]}, "input[1]"),
        ({"input": [[1, 2, 3]]}, "input[0]"),
        ({"input": "x", "model": "other"}, "model: got 'other', expected 'searcher'"),
        ({"input": "x", "encoding_format": "hex"}, "encoding_format: got 'hex', expected float or base64"),
        ({"input": "x", "dimensions": 2}, "dimensions: got 2, expected 4"),
    ],
)
def test_a_request_that_is_wrong_is_told_how(application: Application, document: object, told: str) -> None:
    answer = ask(application, PATH, document)
    assert answer.status_code == 400
    assert told in answer.json()["error"]


def test_another_model_has_no_such_path(served: ServedModel) -> None:
    assert not makes_embeddings(served.contract)
    assert ask(application_of(served), PATH, {"input": "x"}).status_code == 404


def test_a_table_of_texts_is_scored_by_the_same_model(served_embedder: ServedModel, application: Application) -> None:
    """As a batch does: by columns."""
    (vectors,) = served_embedder.score_columns({"text": MESSAGES}, len(MESSAGES)).values()
    asked = [each["embedding"] for each in ask(application, PATH, {"input": MESSAGES}).json()["data"]]
    assert vectors.shape == (len(MESSAGES), LENGTH)
    assert numpy.allclose(vectors, asked, atol=1e-6)


def test_an_embedding_that_is_not_the_registered_one_is_not_served(embedder: Path, tmp_path: Path) -> None:
    changed = tmp_path / "model"
    changed.mkdir()
    for each in embedder.rglob("*"):
        if each.is_file():
            (changed / each.relative_to(embedder)).parent.mkdir(parents=True, exist_ok=True)
            (changed / each.relative_to(embedder)).write_bytes(each.read_bytes())
    golden = json.loads((changed / "golden.json").read_text())
    (output,) = golden["outputs"]
    golden["outputs"][output][0][0] += 0.1
    (changed / "golden.json").write_text(json.dumps(golden))
    with pytest.raises(UnservableModelError, match="golden row 0"):
        load_served_model(changed, NAME, "3")


def test_the_truth_check_asks_for_embeddings(
    served_embedder: ServedModel, application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The check's own bad case: a server whose embeddings are another order than its predictions."""
    from mlops_runtime.serving.protocol_embeddings import EmbeddingsProtocol  # noqa: PLC0415

    encode = EmbeddingsProtocol.encode
    monkeypatch.setattr(
        EmbeddingsProtocol,
        "encode",
        lambda self, answers, form, prediction_id: encode(
            self, {name: values[::-1] for name, values in answers.items()}, form, prediction_id
        ),
    )
    with pytest.raises(UnservableModelError, match=f"does not answer as the truth check will ask: {PATH}") as caught:
        application_of(served_embedder)
    assert isinstance(caught.value.__cause__, TruthError)
