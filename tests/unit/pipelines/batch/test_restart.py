"""A batch that is killed goes on, and what it leaves is what one that was not killed leaves."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mlops_runtime.batch.report import ExitCode
from tests.unit.pipelines.batch.tables import arguments, batch, content_of, flights, outputs_of, report_of, write_table

# Kills itself, as a machine that goes away does, at a point of the work that the environment names.
KILLED = """
import os, signal, sys
from mlops_runtime.batch import location
from mlops_runtime.batch.__main__ import main

writes, limit, moment = [], int(os.environ["AT_WRITE"]), os.environ["MOMENT"]
write = location.Location.write

def counted(self, name, content):
    writes.append(name)
    if len(writes) == limit and moment == "before":
        os.kill(os.getpid(), signal.SIGKILL)
    if len(writes) == limit and moment == "during":
        from pathlib import Path
        Path.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
    write(self, name, content)

location.Location.write = counted
sys.exit(main(sys.argv[1:]))
"""


def killed(given: list[str], at_write: int, moment: str) -> None:
    environment = {**os.environ, "AT_WRITE": str(at_write), "MOMENT": moment}
    ended = subprocess.run([sys.executable, "-c", KILLED, *given], env=environment, check=False, capture_output=True)
    assert ended.returncode == -9, ended.stderr.decode()


@pytest.mark.parametrize(("at_write", "moment"), [(2, "before"), (5, "during"), (8, "before"), (9, "during")])
def test_a_batch_killed_in_the_middle_goes_on_to_the_same_bytes(
    at_write: int, moment: str, artifact: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = flights(450)
    rows[130]["origin"] = "LGA"
    write_table(tmp_path / "in" / "a.parquet", rows)
    write_table(tmp_path / "in" / "b.parquet", flights(150, seed=1))
    whole, again = tmp_path / "whole", tmp_path / "again"
    assert batch(artifact, tmp_path / "in", whole, "parquet") == ExitCode.DONE

    killed(arguments(artifact, tmp_path / "in", again, "parquet"), at_write, moment)
    if (again / "report.json").exists():
        assert report_of(again) == {"status": "unfinished"}
    left = {name: (again / name).stat().st_mtime_ns for name in content_of(again) if name.startswith("scored/a")}
    assert batch(artifact, tmp_path / "in", again, "parquet") == ExitCode.DONE

    ours, theirs = (content_of(each) for each in (again, whole))
    assert ours.pop("report.json").replace(b"/again", b"/whole") == theirs.pop("report.json")
    assert {name for name in ours if name.endswith(".partial")} == set()
    assert ours == theirs
    noted = len([name for name in left if "-0000" in name])
    if at_write > 5:
        assert noted >= 2
        first = "scored/a.parquet-00000.parquet"
        assert (again / first).stat().st_mtime_ns == left[first], "what is done is not done again"


def test_a_batch_that_is_done_does_nothing_again(artifact: Path, tmp_path: Path) -> None:
    write_table(tmp_path / "in" / "a.parquet", flights(250))
    assert batch(artifact, tmp_path / "in", tmp_path / "out", "parquet") == ExitCode.DONE
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "out" / "scored").iterdir()}
    assert batch(artifact, tmp_path / "in", tmp_path / "out", "parquet") == ExitCode.DONE
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "out" / "scored").iterdir()} == before
    assert report_of(tmp_path / "out")["rows_read"] == 250


def test_another_version_or_another_input_is_scored_anew_and_nothing_old_stays(artifact: Path, tmp_path: Path) -> None:
    write_table(tmp_path / "in" / "a.parquet", flights(450))
    write_table(tmp_path / "in" / "b.parquet", flights(50, seed=1))
    assert batch(artifact, tmp_path / "in", tmp_path / "out", "parquet") == ExitCode.DONE
    (tmp_path / "out" / "scored" / "mine.txt").write_text("somebody else's")

    write_table(tmp_path / "in" / "a.parquet", flights(120, seed=2))
    (tmp_path / "in" / "b.parquet").unlink()
    assert batch(artifact, tmp_path / "in", tmp_path / "out", "parquet", "--version", "8") == ExitCode.DONE

    (tmp_path / "out" / "scored" / "mine.txt").unlink()
    assert {row["flight_id"][:2] for row in outputs_of(tmp_path / "out")} == {"02"}
    assert len(outputs_of(tmp_path / "out")) == 120
    assert sorted(content_of(tmp_path / "out")) == [
        "_manifest/a.parquet.json",
        "report.json",
        "scored/a.parquet-00000.parquet",
        "scored/a.parquet-00001.parquet",
    ]


def test_an_output_that_was_removed_is_made_again(artifact: Path, tmp_path: Path) -> None:
    write_table(tmp_path / "in" / "a.parquet", flights(250))
    assert batch(artifact, tmp_path / "in", tmp_path / "out", "parquet") == ExitCode.DONE
    whole = content_of(tmp_path / "out")
    (tmp_path / "out" / "scored" / "a.parquet-00001.parquet").unlink()
    assert batch(artifact, tmp_path / "in", tmp_path / "out", "parquet") == ExitCode.DONE
    assert content_of(tmp_path / "out") == whole
