"""The page about a model of one's own: its code is written down as it stands there, and run."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
PAGE = ROOT / "docs" / "bring-a-model.md"
BLOCK = re.compile(r"^```python (?P<path>\S+)\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL)
PROGRAM = """
import sys
from pathlib import Path
from customer_churn.graph import GRAPH
from mlops_runtime.gate import Gate
from mlops_runtime.local import run_local
from mlops_runtime.serving.served_model import load_served_model

folder = Path(sys.argv[1])
result = run_local(GRAPH, folder, {"trees": 10}, gate=Gate(metric="accuracy", min=0.9))
assert result.failed is None, result.failed.message
print([record.message for record in result.records])
served = load_served_model(folder / "models" / "customer-churn" / "1" / "model", "customer-churn", "1")
print(served.score_columns({"age": [30, 80], "plan": ["basic", "pro"]}, 2)["label"].tolist())
"""


def test_the_workload_of_the_page_is_trained_registered_and_served(tmp_path: Path) -> None:
    blocks = {found["path"]: found["code"] for found in BLOCK.finditer(PAGE.read_text(encoding="utf-8"))}
    assert sorted(blocks) == ["pipelines/customer_churn/graph.py", "pipelines/customer_churn/steps.py"]
    for path, code in blocks.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(code, encoding="utf-8")

    result = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path / "workspace")],
        cwd=tmp_path / "pipelines",
        capture_output=True,
        text=True,
        check=False,
    )

    assert result.returncode == 0, result.stderr
    messages, labels = result.stdout.splitlines()[-2:]
    assert "served by onnx" in messages
    assert labels == "['leaves', 'stays']"
