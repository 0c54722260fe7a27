"""Handing tables from step to step: plain arrays in one file, without pickles."""

from pathlib import Path

import numpy as np
import pandas as pd


def write_frame(frame: pd.DataFrame, path: Path) -> None:
    """Write a table's columns: numbers as float32, dates as days, texts as fixed-width text with '' for missing."""
    columns = {str(name): _array(frame[name]) for name in frame.columns}
    with path.open("wb") as file:
        np.savez(file, allow_pickle=False, **columns)


def read_frame(path: Path) -> pd.DataFrame:
    """Read what `write_frame` wrote. Numbers come back as float64, which holds every float32 exactly."""
    with np.load(path, allow_pickle=False) as arrays:
        return pd.DataFrame({name: _column(arrays[name]) for name in arrays.files})


def _array(column: pd.Series) -> np.ndarray:
    if pd.api.types.is_datetime64_any_dtype(column):
        return column.to_numpy(dtype="datetime64[D]")
    if pd.api.types.is_numeric_dtype(column):
        return column.to_numpy(dtype=np.float32)
    return column.fillna("").to_numpy(dtype=np.str_)


def _column(array: np.ndarray) -> pd.Series:
    if array.dtype.kind == "M":
        return pd.Series(array.astype("datetime64[s]"))
    if array.dtype.kind == "U":
        texts = pd.Series(array.astype(object))
        return texts.mask(texts == "")
    return pd.Series(array.astype(np.float64))
