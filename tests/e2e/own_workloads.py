"""The workloads of a project of somebody's own, with the lines that are written by hand."""

from tests.e2e.own_project import OwnProject

CLASSIFIER, BOOSTED, LANGUAGE_MODEL = "tumours", "patients", "poet"
RUNTIMES = {CLASSIFIER: "onnx", BOOSTED: "pyfunc", LANGUAGE_MODEL: "llm"}
PROMPT = "The capital of France is"


def add_boosted_trees(project: OwnProject) -> int:
    """Add a workload of gradient-boosted trees that split by categories, which ONNX has no operator for.

    Returns:
        The number of lines written.
    """
    project.mlops("new", BOOSTED, "--kind", "tabular-regression")
    lines = project.replace(
        f"pipelines/{BOOSTED}/model.py",
        ("from sklearn.ensemble import GradientBoostingRegressor\n", "from xgboost import XGBRegressor\n"),
        (
            "    return patients.data.assign(progression=patients.target)\n",
            (
                '    sex = patients.data["sex"].map({1: "f", 2: "m"}).astype("category")\n'
                "    return patients.data.assign(sex=sex, progression=patients.target)\n"
            ),
        ),
        (
            "return GradientBoostingRegressor(max_depth=2, random_state=parameters.random_seed)",
            "return XGBRegressor(n_estimators=40, max_depth=2, enable_categorical=True)",
        ),
    )
    return lines + project.replace(
        "pyproject.toml",
        ('\ntraining = ["pulumi-mlops[pipelines]"]', '\ntraining = ["pulumi-mlops[pipelines]", "xgboost-cpu"]'),
        ('"scikit-learn", "skops"]', '"scikit-learn", "skops", "xgboost-cpu"]'),
    )


def add_language_model(project: OwnProject) -> int:
    """Add the workload of a language model; return the number of lines written: none."""
    project.mlops("new", LANGUAGE_MODEL, "--kind", "llm")
    return 0


def rows_of(workload: str) -> list[dict[str, object]]:
    """Three rows of a workload's table."""
    from sklearn.datasets import load_breast_cancer, load_diabetes  # noqa: PLC0415 - brings its libraries

    if workload == LANGUAGE_MODEL:
        return [{"prompt": prompt} for prompt in (PROMPT, "The opposite of hot is", "One, two, three,")]
    if workload == CLASSIFIER:
        return list(load_breast_cancer(as_frame=True).data.head(3).to_dict("records"))
    patients = load_diabetes(as_frame=True, scaled=False).data.head(3)
    return list(patients.assign(sex=patients["sex"].map({1: "f", 2: "m"})).to_dict("records"))
