from pathlib import Path

import pytest


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with one image, `pipeline`, that copies a file and a folder."""
    root = tmp_path / "checkout"
    files = {
        "images/pipeline/Dockerfile": (
            "FROM docker.io/library/python:3.11-slim-bookworm\n"
            "COPY images/pipeline/requirements.txt /build/\n"
            "COPY pipelines/code /app/code\n"
        ),
        "images/pipeline/requirements.txt": "a==1\n",
        "images/pipeline/notes.md": "not copied\n",
        "pipelines/code/__init__.py": "",
        "pipelines/code/inner/module.py": "print()\n",
    }
    for name, text in files.items():
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return root
