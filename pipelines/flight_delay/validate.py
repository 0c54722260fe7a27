"""Step `validate`: broken data stops here, with the rows that are broken."""

import logging

import pandas as pd
import pandera.errors
import pandera.pandas as pa

from flight_delay.expectations import Problem, unmet_expectations
from flight_delay.graph import FlightDelayParameters
from flight_delay.schemas import SCHEMAS
from flight_delay.tables import Tables, read_tables
from mlops_runtime.context import StepContext
from mlops_runtime.errors import PipelineError, StepError

logger = logging.getLogger(__name__)

FAILING_ROWS_FILE = "failing_rows.csv"
ROWS_NAMED = 5
ROWS_KEPT = 1000


class InvalidDataError(StepError):
    """The data does not hold what it must.

    Attributes:
        problems: Each of them.
        failing_rows: The rows, with their table, line in the file and problem in front.
    """

    def __init__(self, problems: list[Problem], failing_rows: pd.DataFrame) -> None:
        self.problems = tuple(problems)
        self.failing_rows = failing_rows
        super().__init__(f"invalid data: {'; '.join(_sentence(problem) for problem in problems)}")


def validate(context: StepContext[FlightDelayParameters]) -> None:
    """Check the tables that ingest left, and record how many rows were found good.

    Raises:
        InvalidDataError: They do not hold what they must; the rows are recorded with the run.
    """
    tables = read_tables(context.input("ingest"))
    try:
        check_tables(tables)
    except InvalidDataError as error:
        _record(error.failing_rows, context)
        raise
    counts = {"flights": len(tables.flights), "weather": len(tables.weather), "planes": len(tables.planes)}
    context.log_metrics({f"rows_{name}": count for name, count in counts.items()})
    context.message = ", ".join(f"{count} rows of {name}" for name, count in counts.items()) + " are as expected"


def _record(failing_rows: pd.DataFrame, context: StepContext[FlightDelayParameters]) -> None:
    path = context.output / FAILING_ROWS_FILE
    try:
        failing_rows.to_csv(path, index=False)
        context.log_artifact(path)
    except (OSError, PipelineError) as error:
        # What is wrong with the data is what must be told.
        logger.warning("the failing rows could not be recorded with the run: %s", error)


def check_tables(tables: Tables) -> None:
    """Hold every row against its schema, then the tables against what is expected of the whole.

    Raises:
        InvalidDataError: With every problem found.
    """
    frames = {"flights": tables.flights, "weather": tables.weather, "planes": tables.planes}
    problems = [problem for name, frame in frames.items() for problem in _broken_rows(name, frame)]
    problems = problems or unmet_expectations(tables)
    if problems:
        raise InvalidDataError(problems, _failing_rows(problems, frames))


def _broken_rows(name: str, frame: pd.DataFrame) -> list[Problem]:
    schema: pa.DataFrameSchema = SCHEMAS[name]
    try:
        schema.validate(frame.reset_index(drop=True), lazy=True)
    except pandera.errors.SchemaErrors as error:
        return _problems(name, error.failure_cases)
    return []


def _problems(name: str, cases: pd.DataFrame) -> list[Problem]:
    checks = cases["check"].astype(str)
    absent = cases.loc[checks == "column_in_dataframe", "failure_case"].tolist()
    problems = [Problem(name, f"got no column {column}, expected it") for column in absent]
    # Of what is not even of its type, nothing else is worth telling.
    of_type = checks.str.startswith(("coerce_dtype", "dtype"))
    mistyped = cases[of_type & ~cases["column"].isin(absent)]
    for column, group in mistyped.groupby("column", sort=False):
        problems.append(
            Problem(name, f"column {column}: {_got(group)}, expected {_expected_type(group)}", _rows(group))
        )
    twice = checks == "multiple_fields_uniqueness"
    others = cases[~of_type & ~twice & ~cases["column"].isin([*absent, *mistyped["column"]])]
    for (place, check), group in others[others["check"] != "column_in_dataframe"].groupby(
        ["column", "check"], sort=False
    ):
        problems.append(Problem(name, f"column {place}: {_got(group)}, expected {_expected(str(check))}", _rows(group)))
    if twice.any() and not problems:
        key = ", ".join(cases.loc[twice, "column"].unique())
        problems.append(Problem(name, f"got rows of the same {key}, expected each once", _rows(cases[twice])))
    return problems


def _got(cases: pd.DataFrame) -> str:
    return f"got {', '.join(dict.fromkeys(repr(value) for value in cases['failure_case'].head(ROWS_NAMED)))}"


def _rows(cases: pd.DataFrame) -> tuple[int, ...]:
    return tuple(sorted({int(row) for row in cases["index"].dropna()}))


def _expected_type(cases: pd.DataFrame) -> str:
    check = str(cases["check"].iloc[0])
    return f"the type {check.partition('(')[2].strip(chr(39) + ')')}"


def _expected(check: str) -> str:
    return "a value in every row" if check == "not_nullable" else check


def _sentence(problem: Problem) -> str:
    if not problem.rows:
        return f"{problem.table}: {problem.what}"
    # Line 1 of a CSV file is its header.
    lines = ", ".join(str(row + 2) for row in problem.rows[:ROWS_NAMED])
    more = f" and {len(problem.rows) - ROWS_NAMED} more" if len(problem.rows) > ROWS_NAMED else ""
    return f"{problem.table}: {problem.what} (line {lines}{more})"


def _failing_rows(problems: list[Problem], frames: dict[str, pd.DataFrame]) -> pd.DataFrame:
    parts = []
    for problem in problems:
        rows = list(problem.rows[:ROWS_KEPT])
        part = frames[problem.table].iloc[rows].reset_index(drop=True)
        part.insert(0, "table", problem.table)
        part.insert(1, "line", [row + 2 for row in rows])
        part.insert(2, "problem", problem.what)
        parts.append(part)
    return pd.concat(parts, ignore_index=True)
