"""The formats by the names that a stack file has for them."""

from collections.abc import Mapping
from typing import Final

from mlops_runtime.batch.formats.chunk import TableFormat
from mlops_runtime.batch.formats.delimited import CsvFormat
from mlops_runtime.batch.formats.json_lines import JsonLinesFormat
from mlops_runtime.batch.formats.parquet import ParquetFormat

FORMATS: Final[Mapping[str, TableFormat]] = {
    "csv": CsvFormat(),
    "jsonl": JsonLinesFormat(),
    "parquet": ParquetFormat(),
}
