import gzip
import json
from pathlib import Path

import pyarrow
import pytest
from pyarrow import parquet

from mlops_runtime.artifact import digest_directory
from mlops_runtime.batch.__main__ import main
from mlops_runtime.batch.report import ExitCode
from mlops_runtime.serving.served_model import ServedModel
from tests.unit.pipelines.batch.tables import (
    batch,
    content_of,
    flights,
    outputs_of,
    read_table,
    rejected_of,
    report_of,
    write_table,
)

FORMATS = ("csv", "jsonl", "parquet")
OUTPUT = "arrival_delay_minutes"


def expected_answers(served: ServedModel, rows: list[dict[str, object]]) -> dict[object, float]:
    """What the endpoint would answer, by flight."""
    instances = [{name: value for name, value in row.items() if name != "flight_id"} for row in rows]
    matrix = served.predict_protocol.matrix({"instances": instances})
    return dict(zip([row["flight_id"] for row in rows], served.score(matrix, str).tolist(), strict=True))


@pytest.mark.parametrize("form", FORMATS)
def test_a_batch_gives_what_the_endpoint_gives(form: str, artifact: Path, served: ServedModel, tmp_path: Path) -> None:
    first, second = flights(250), flights(90, seed=1)
    write_table(tmp_path / "in" / f"january.{form}", first)
    write_table(tmp_path / "in" / "later" / f"february.{form}", second)

    assert batch(artifact, tmp_path / "in", tmp_path / "out", form) == ExitCode.DONE

    found = outputs_of(tmp_path / "out")
    assert {row["flight_id"]: row[OUTPUT] for row in found} == pytest.approx(
        expected_answers(served, [*first, *second]), rel=1e-6
    )
    assert [set(row) for row in found] == [{"flight_id", OUTPUT}] * 340
    report = report_of(tmp_path / "out")
    assert (report["rows_read"], report["rows_scored"], report["rows_rejected"]) == (340, 340, 0)
    assert (report["files"], report["partitions"], report["status"]) == (2, 4, "done")
    assert report["model"] == {
        "name": "flight-delay",
        "version": "7",
        "digest": served.identity.digest,
    }
    assert sorted(content_of(tmp_path / "out" / "scored")) == [
        f"january.{form}-00000.{form}",
        f"january.{form}-00001.{form}",
        f"january.{form}-00002.{form}",
        f"later/february.{form}-00000.{form}",
    ]


def test_one_file_is_an_input_too_and_rows_are_numbered_where_no_column_is_taken_over(
    artifact: Path, tmp_path: Path
) -> None:
    write_table(tmp_path / "flights.parquet", flights(120))
    arguments = ["--model-directory", str(artifact), "--name", "f", "--version", "1"]
    arguments += ["--digest", digest_directory(artifact), "--input", str(tmp_path / "flights.parquet")]
    assert main([*arguments, "--output", str(tmp_path / "out"), "--format", "parquet", "--partition-rows", "50"]) == 0
    assert [row["row"] for row in outputs_of(tmp_path / "out")] == list(range(120))


def test_a_bad_row_of_a_parquet_file_is_set_aside_with_its_reason(
    artifact: Path, served: ServedModel, tmp_path: Path
) -> None:
    rows = flights(250)
    rows[3]["origin"] = "LGA"
    rows[140]["origin"] = None
    rows[141]["departure_delay_minutes"] = 1e300
    rows[142]["carrier"] = "unheard of"
    write_table(tmp_path / "in" / "a.parquet", rows)

    assert batch(artifact, tmp_path / "in", tmp_path / "out", "parquet") == ExitCode.DONE

    rejected = rejected_of(tmp_path / "out")
    assert [(row["file"], row["row"]) for row in rejected] == [("a.parquet", 3), ("a.parquet", 140), ("a.parquet", 141)]
    assert [row["reason"].split(", expected")[0] for row in rejected] == [
        "origin: got 'LGA'",
        "origin: got null",
        "departure_delay_minutes: got 1e+300",
    ]
    assert rejected[0]["values"] == rows[3]
    good = [row for number, row in enumerate(rows) if number not in (3, 140, 141)]
    assert {row["flight_id"]: row[OUTPUT] for row in outputs_of(tmp_path / "out")} == pytest.approx(
        expected_answers(served, good)
    )
    report = report_of(tmp_path / "out")
    assert (report["rows_read"], report["rows_scored"], report["rows_rejected"]) == (250, 247, 3)
    assert report["unknown_categories"] == {"carrier": 1}


def test_bad_rows_of_csv_are_set_aside_with_their_reasons(artifact: Path, tmp_path: Path) -> None:
    lines = ["flight_id,departure_delay_minutes,carrier,origin,wind_speed"]
    lines += [f"0{number},{number}.5,AA,JFK,3" for number in range(120)]
    lines[11] = "010,ten,AA,JFK,3"
    lines[21] = "020,1,AA"
    lines[22] = "021,1,AA,JFK,3,more"
    lines[120] = "0119,1,AA,JFK,3,more"
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.csv").write_text("\n".join(lines) + "\n")

    assert batch(artifact, tmp_path / "in", tmp_path / "out", "csv") == ExitCode.DONE

    assert [(row["row"], row["reason"]) for row in rejected_of(tmp_path / "out")] == [
        (10, "departure_delay_minutes: got 'ten', expected a number"),
        (20, "got 3 fields, expected 5 as in the header"),
        (21, "got 6 fields, expected 5 as in the header"),
        (119, "got 6 fields, expected 5 as in the header"),
    ]
    assert rejected_of(tmp_path / "out")[0]["values"]["flight_id"] == "010"
    report = report_of(tmp_path / "out")
    assert (report["rows_read"], report["rows_scored"]) == (120, 116)
    assert outputs_of(tmp_path / "out")[0]["flight_id"] == "00", "a key keeps its leading zero"


def test_bad_lines_of_json_are_set_aside_with_their_reasons(artifact: Path, tmp_path: Path) -> None:
    rows: list[str] = [json.dumps(row) for row in flights(120)]
    rows[4] = '{"flight_id": "half'
    rows[5] = "[1, 2]"
    rows[6] = json.dumps({**flights(1)[0], "departure_delay_minutes": "12"})
    rows[7] = json.dumps({"flight_id": "x", "departure_delay_minutes": 3, "origin": "JFK"})
    rows[8] = ""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.jsonl").write_text("\n".join(rows))

    assert batch(artifact, tmp_path / "in", tmp_path / "out", "jsonl") == ExitCode.DONE

    rejected = rejected_of(tmp_path / "out")
    assert [row["row"] for row in rejected] == [4, 5, 6]
    assert "got no JSON" in rejected[0]["reason"]
    assert rejected[1]["reason"] == "got list, expected a JSON object"
    assert rejected[2]["reason"] == "departure_delay_minutes: got '12', expected a number"
    assert report_of(tmp_path / "out")["rows_read"] == 119
    assert "x" in [row["flight_id"] for row in outputs_of(tmp_path / "out")], "what may be missing may be left out"


@pytest.mark.parametrize("form", FORMATS)
def test_a_missing_column_ends_the_batch_before_anything_is_scored(
    form: str, artifact: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_table(tmp_path / "in" / f"a.{form}", flights(50))
    lacking = [{("orgin" if key == "origin" else key): value for key, value in row.items()} for row in flights(50)]
    write_table(tmp_path / "in" / f"b.{form}", lacking)

    assert batch(artifact, tmp_path / "in", tmp_path / "out", form) == ExitCode.REFUSED

    told = capsys.readouterr().err
    assert f"nothing scored: b.{form}: column origin: got none, expected a column of text; there is 'orgin'" in told
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("form", FORMATS)
def test_a_column_of_another_type_ends_the_batch_before_anything_is_scored(
    form: str, artifact: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_table(tmp_path / "in" / f"a.{form}", flights(50))
    write_table(tmp_path / "in" / f"b.{form}", [{**row, "departure_delay_minutes": "late"} for row in flights(50)])

    assert batch(artifact, tmp_path / "in", tmp_path / "out", form) == ExitCode.REFUSED

    told = capsys.readouterr().err
    assert f"b.{form}: column departure_delay_minutes: got" in told
    assert "expected a number" in told
    assert not (tmp_path / "out").exists()


def test_a_number_where_a_category_was_ends_the_batch(
    artifact: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_table(tmp_path / "in" / "a.parquet", [{**row, "origin": 1} for row in flights(50)])
    assert batch(artifact, tmp_path / "in", tmp_path / "out", "parquet") == ExitCode.REFUSED
    assert "column origin: got type int64, expected text" in capsys.readouterr().err


def test_a_missing_key_column_ends_the_batch(
    artifact: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_table(tmp_path / "in" / "a.parquet", flights(5))
    assert batch(artifact, tmp_path / "in", tmp_path / "out", "parquet", "--key-column", "id") == ExitCode.REFUSED
    assert "column id: got none, expected the key column" in capsys.readouterr().err


@pytest.mark.parametrize("form", FORMATS)
def test_one_corrupt_file_of_a_hundred_is_set_aside_whole(
    form: str, artifact: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(100):
        write_table(tmp_path / "in" / f"{number:02d}.{form}", flights(10, seed=number))
    (tmp_path / "in" / f"41.{form}").write_bytes(bytes(range(256)) * 8)

    assert batch(artifact, tmp_path / "in", tmp_path / "out", form) == ExitCode.FILES_SET_ASIDE

    report = report_of(tmp_path / "out")
    assert list(report["files_set_aside"]) == [f"41.{form}"]
    assert (report["files"], report["rows_read"], report["rows_scored"]) == (100, 990, 990)
    assert report["status"] == "files_set_aside"
    assert f"990 scored + 0 set aside, from 99 of 100 files; set aside whole: 41.{form}" in capsys.readouterr().err
    assert not [name for name in content_of(tmp_path / "out" / "scored") if name.startswith("41")]


def test_a_file_that_breaks_off_leaves_no_half_of_its_answers(artifact: Path, tmp_path: Path) -> None:
    for number in range(3):
        write_table(tmp_path / "in" / f"{number}.parquet", flights(400, seed=number))
    broken = bytearray((tmp_path / "in" / "1.parquet").read_bytes())
    metadata = parquet.read_metadata(tmp_path / "in" / "1.parquet")
    start = metadata.row_group(8).column(0).data_page_offset
    broken[start : start + 60] = b"\xff" * 60
    (tmp_path / "in" / "1.parquet").write_bytes(broken)

    assert batch(artifact, tmp_path / "in", tmp_path / "out", "parquet") == ExitCode.FILES_SET_ASIDE

    assert {row["flight_id"][:2] for row in outputs_of(tmp_path / "out")} == {"00", "02"}
    report = report_of(tmp_path / "out")
    assert report["rows_read"] == 800
    assert list(report["files_set_aside"]) == ["1.parquet"]


def test_a_table_of_which_no_file_can_be_read_is_refused(
    artifact: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.parquet").write_bytes(b"no parquet")
    assert batch(artifact, tmp_path / "in", tmp_path / "out", "parquet") == ExitCode.REFUSED
    assert "a.parquet: got" in capsys.readouterr().err


def test_more_rejected_rows_than_allowed_fail_the_batch(
    artifact: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = flights(100)
    for row in rows[:11]:
        row["origin"] = "LGA"
    write_table(tmp_path / "in" / "a.parquet", rows)

    assert batch(artifact, tmp_path / "in", tmp_path / "out", "parquet") == ExitCode.TOO_MANY_REJECTED
    assert "got 11 percent set aside, expected at most 10 (rejected_percent_max)" in capsys.readouterr().err
    assert report_of(tmp_path / "out")["status"] == "too_many_rejected"
    more = ("--rejected-percent-max", "11")
    assert batch(artifact, tmp_path / "in", tmp_path / "out", "parquet", *more) == ExitCode.DONE


def test_another_model_than_the_pinned_scores_nothing(
    artifact: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_table(tmp_path / "in" / "a.parquet", flights(10))
    other = ("--digest", f"sha256:{'0' * 64}")
    assert batch(artifact, tmp_path / "in", tmp_path / "out", "parquet", *other) == ExitCode.REFUSED
    told = capsys.readouterr().err
    assert "nothing scored: " in told
    assert f"expected digest sha256:{'0' * 64}" in told
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("output", ["in", "in/out", ""])
def test_an_output_in_its_own_input_is_refused(output: str, artifact: Path, tmp_path: Path) -> None:
    write_table(tmp_path / "in" / "a.parquet", flights(10))
    before = content_of(tmp_path)
    assert batch(artifact, tmp_path / "in", tmp_path / output, "parquet") == ExitCode.REFUSED
    assert content_of(tmp_path) == before


def test_an_empty_folder_is_refused_and_an_empty_table_is_not(artifact: Path, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "_SUCCESS").touch()
    assert batch(artifact, tmp_path / "in", tmp_path / "out", "parquet") == ExitCode.REFUSED
    empty = pyarrow.Table.from_pylist(flights(3)).slice(0, 0)
    parquet.write_table(empty, tmp_path / "in" / "a.parquet")
    assert batch(artifact, tmp_path / "in", tmp_path / "out", "parquet") == ExitCode.DONE
    assert report_of(tmp_path / "out")["rows_read"] == 0


def test_a_compressed_csv_is_read(artifact: Path, tmp_path: Path) -> None:
    write_table(tmp_path / "a.csv", flights(30))
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.csv.gz").write_bytes(gzip.compress((tmp_path / "a.csv").read_bytes()))
    assert batch(artifact, tmp_path / "in", tmp_path / "out", "csv") == ExitCode.DONE
    assert len(read_table(tmp_path / "out" / "scored" / "a.csv.gz-00000.csv")) == 30
