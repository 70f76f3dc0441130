"""A user's table, read and checked: numeric columns, a numeric target, nothing missing, nothing constant, or a ValueError.

CSV and Parquet are read by pandas, NPZ by numpy. Nothing is repaired silently: what the options `drop`, `one_hot` and `clean` did
is kept in `Table.notes`.
"""

from __future__ import annotations

import difflib
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from asymptotics.conventions import refuse

if TYPE_CHECKING:
    import pandas as pd

FEWEST = 30  # rows: with fewer, a standard error over subsamples means nothing
EMBEDDED = ("digits", "diabetes", "breast_cancer")
_SHOWN = 6  # names in a message
FEW = 0.1  # a column with at most this share of values that are no numbers is one of numbers, with mistakes in it
LARGE = 1e100  # so that sums of squares are finite


@dataclass(frozen=True, kw_only=True)
class Table:
    """Features (N, p) and target (N,), finite, no column constant; `notes` says what was done to get there."""

    X: NDArray[np.float64]
    y: NDArray[np.float64]
    features: tuple[str, ...]
    target: str
    source: str
    notes: tuple[str, ...] = ()


def _names(names: Sequence[Any], most: int = _SHOWN) -> str:
    more = f", ... ({len(names)} in all)" if len(names) > most else ""
    return ", ".join(str(n) for n in names[:most]) + more


def embedded(name: str = "digits") -> tuple[pd.DataFrame, str]:
    """A real data set that scikit-learn carries (no network): its frame and the name of its target.

    `digits`: 1797 images of 8 x 8 pixels, target `odd` (1 where the digit is odd). `diabetes`: 442 patients, 10 measurements.
    `breast_cancer`: 569 tumours, 30 nearly collinear measurements, target `benign` (0 or 1).
    """
    from sklearn import datasets

    if name not in EMBEDDED:
        refuse("name", name, f"the embedded data sets are {', '.join(EMBEDDED)}")
    bunch = getattr(datasets, f"load_{name}")(as_frame=True)
    frame, target = bunch.data.copy(), {"digits": "odd", "diabetes": "progression", "breast_cancer": "benign"}[name]
    frame[target] = bunch.target % 2 if name == "digits" else bunch.target
    return frame, target


def _frame(path: Path, target: str | None) -> tuple[pd.DataFrame, str | None]:
    import pandas as pd

    readers = {".csv": pd.read_csv, ".parquet": pd.read_parquet, ".pq": pd.read_parquet}
    if path.suffix.lower() == ".tsv":
        readers[".tsv"] = lambda p: pd.read_csv(p, sep="\t")
    if not path.is_file():
        refuse(
            "path",
            str(path),
            f"{'it is a folder' if path.is_dir() else 'there is no such file'}; the embedded data sets are {', '.join(EMBEDDED)}",
        )
    if path.suffix.lower() == ".npz":
        return _npz(path, target)
    if path.suffix.lower() not in readers:
        refuse("path", str(path), "its ending says the format: .csv, .tsv, .parquet or .npz")
    try:
        frame = readers[path.suffix.lower()](path)
    except (ValueError, OSError, ArithmeticError) as error:  # pandas' and pyarrow's parse errors are ValueErrors or OSErrors
        refuse("path", str(path), f"it cannot be read as {path.suffix}: {str(error).splitlines()[0]}")
    frame.columns = [str(c) for c in frame.columns]
    return frame, target


def _npz(path: Path, target: str | None) -> tuple[pd.DataFrame, str]:
    """One array with a row a sample (images are flattened), and one vector: the target, named or the only one."""
    import pandas as pd

    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
    except (ValueError, OSError, EOFError, zipfile.BadZipFile):
        refuse("path", str(path), "it cannot be read as .npz: write it by numpy.savez, from arrays of numbers")
    has = "; it has " + (", ".join(f"{k} {v.shape}" for k, v in arrays.items()) or "no arrays")
    vectors = [k for k, v in arrays.items() if v.ndim == 1]
    if target is None:
        if len(vectors) != 1:
            raise ValueError(f"target is missing: name the vector that is the target{has}")
        target = vectors[0]
    if target not in vectors:
        refuse("target", target, f"an NPZ needs a vector of this name{has}")
    tables = [k for k, v in arrays.items() if v.ndim >= 2 and len(v) == len(arrays[target])]
    if len(tables) != 1:
        refuse("path", str(path), f"an NPZ needs exactly one array of features, with a row for each entry of {target!r}{has}")
    values = arrays[tables[0]].reshape(len(arrays[target]), -1)
    frame = pd.DataFrame(values, columns=[f"{tables[0]}_{i}" for i in range(values.shape[1])])
    frame[target] = arrays[target]
    return frame, target


def _one_column(columns: list[str]) -> str:
    """A hint where a table was read as one column because something else than a comma separates its values."""
    separated = len(columns) == 1 and any(mark in columns[0] for mark in ";\t|")
    return "the table was read as one column: separate its values by commas (.csv) or tabs (.tsv); " if separated else ""


def _mistakes(column: pd.Series) -> tuple[pd.Series, pd.Series]:
    """A column as numbers, and where it has something else; nowhere, if it is not a column of numbers at all."""
    import pandas as pd
    from pandas.api import types

    if types.is_numeric_dtype(column) or not (types.is_object_dtype(column) or types.is_string_dtype(column)):
        return column, column.isna() & False
    values = pd.to_numeric(column, errors="coerce")
    wrong = column.notna() & values.isna()
    return (values, wrong) if wrong.sum() <= FEW * len(column) else (column, wrong & False)


def _mend(column: pd.Series, clean: bool, notes: list[str]) -> pd.Series:
    """A column of numbers with a few mistakes in it: refused, or the mistakes made missing."""
    values, wrong = _mistakes(column)
    count = int(wrong.sum())
    if count and not clean:
        first = wrong.idxmax()
        refuse("column", column.name, f"{count} of its {len(column)} values are no numbers, the first is {str(column[first])!r} in row "
               f"{first}, counted from 0: correct them, or leave out those rows (--clean) or the column (--drop)")  # fmt: skip
    if count:
        notes.append(f"{count} values of {column.name} are no numbers and were taken for missing")
    return values


def _target(frame: pd.DataFrame, target: str | None, label: str | None, clean: bool, notes: list[str]) -> tuple[pd.Series, str]:
    import pandas as pd
    from pandas.api import types

    columns = list(frame.columns)
    if target is None:
        raise ValueError(
            f"target is missing: {_one_column(columns)}name the column to predict; the columns are {_names(columns, 40)}"
        )
    if target not in columns:
        close = difflib.get_close_matches(target, columns, n=1)
        hint = f"did you mean {close[0]!r}? " if close else ""
        refuse(
            "target", target, f"{_one_column(columns)}{hint}the table has no such column; its columns are {_names(columns, 40)}"
        )
    y = frame[target]
    if label is not None:
        hit = (y.astype(str) == str(label)) | (pd.to_numeric(y, errors="coerce") == pd.to_numeric(label, errors="coerce"))
        if not hit.any():
            refuse(
                "label",
                label,
                f"the target {target!r} never has this value; it has {_names(sorted(y.dropna().unique(), key=str))}",
            )
        return hit.where(y.notna()).astype("float64"), f"{target} = {label}"
    y = _mend(y, clean, notes)
    if not types.is_numeric_dtype(y):
        example = str(y.dropna().iloc[0]) if y.notna().any() else "nothing"
        refuse(
            "target",
            target,
            f"it is not numeric (it has {example!r}): give label=VALUE (--label) to predict whether it has one value",
        )
    return y, target


def _text(frame: pd.DataFrame, one_hot: bool, clean: bool, notes: list[str]) -> pd.DataFrame:
    """Columns that are not numbers: refused, encoded or dropped."""
    import pandas as pd
    from pandas.api import types

    frame = frame.assign(**{c: _mend(frame[c], clean, notes) for c in frame})
    text = [c for c in frame if not types.is_numeric_dtype(frame[c]) or types.is_complex_dtype(frame[c])]
    if text and one_hot:
        many = [c for c in text if frame[c].nunique() > max(20, len(frame) // 20)]
        if many:
            refuse("one_hot", many[0], f"the column has {frame[many[0]].nunique()} different values, too many to encode: drop it")
        notes.append(f"one-hot encoded, first value left out: {_names(text)}")
        missing, plain = frame[text].isna().any(axis=1), set(frame.columns)
        frame = pd.get_dummies(frame, columns=text, drop_first=True, dtype=float)
        frame.loc[missing, [c for c in frame if c not in plain]] = np.nan  # a missing category stays missing
    elif text and clean:
        notes.append(f"dropped, not numeric: {_names(text)}")
        frame = frame.drop(columns=text)
    elif text:
        example = frame[text[0]].dropna()
        shown = repr(str(example.iloc[0])) if len(example) else "nothing"
        others = f"; the same for {_names(text[1:])}" if text[1:] else ""
        refuse("column", text[0], f"not numeric (it has {shown}); drop it (--drop {text[0]}) or encode it (--one-hot){others}")
    return frame


def _complete(frame: pd.DataFrame, y: pd.Series, clean: bool, notes: list[str]) -> tuple[pd.DataFrame, pd.Series]:
    """Missing values and infinities: refused, or their rows dropped."""
    if clean:
        frame, y = frame.replace([np.inf, -np.inf], np.nan), y.replace([np.inf, -np.inf], np.nan)
    holes = frame.isna().sum()
    holes = holes[holes > 0]
    bad = frame.isna().any(axis=1) | y.isna()
    if bad.any() and not clean:
        column, count = (holes.index[0], holes.iloc[0]) if len(holes) else (y.name, y.isna().sum())
        others = f"; missing too in {_names(list(holes.index[1:]))}" if len(holes) > 1 else ""
        remedy = "drop the column (--drop), or those rows (--clean)"
        refuse("column", column, f"{count} of its {len(frame)} values are missing; {remedy}{others}")
    if bad.any():
        notes.append(f"dropped {int(bad.sum())} of {len(frame)} rows, with missing values")
        frame, y = frame[~bad], y[~bad]
    for column in [*frame.columns, None]:
        values = (y if column is None else frame[column]).to_numpy(dtype=np.float64)
        fine = np.abs(values) < LARGE
        if not fine.all():
            where = int(np.argmin(fine))
            remedy = "drop the column (--drop), or those rows (--clean)" if np.isinf(values[where]) else "give it other units"
            refuse("column", y.name if column is None else column,
                   f"row {frame.index[where]} is {values[where]:g}: values must be finite, and less than {LARGE:g}; {remedy}")  # fmt: skip
    return frame, y


def _constant(values: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Columns whose spread is round-off of their size."""
    return np.ptp(values, axis=0) <= 1e-12 * np.abs(values).max(axis=0)  # 1e-12: 4 digits above the round-off of a mean


def read(
    path: str | Path | None = None,
    target: str | None = None,
    *,
    label: str | None = None,
    drop: Sequence[str] = (),
    one_hot: bool = False,
    clean: bool = False,
) -> Table:
    """The table at `path` (.csv, .tsv, .parquet, .npz; an embedded name; None: `digits`), checked; see the module.

    target: the column to predict (an NPZ with one vector and the embedded sets need none). label: predict whether the target has
    this value (1 or 0). drop: columns to leave out. one_hot: encode text columns. clean: leave out columns that are not numeric
    or constant, and rows with values that are missing, infinite, or no numbers in a column of numbers. Raises ValueError that
    names the column, what is wrong with it and the remedy.
    """
    notes: list[str] = []
    if path is None or str(path) in EMBEDDED:
        frame, default = embedded(str(path or "digits"))
        target, clean = target or default, True
        source = f"{path or 'digits'} (scikit-learn)"
    else:
        frame, target = _frame(Path(path), target)
        source = Path(path).name
    absent = [c for c in drop if c not in frame.columns]
    if absent:
        refuse("drop", absent[0], f"the table has no such column; its columns are {_names(list(frame.columns))}")
    y, name = _target(frame, target, label, clean, notes)
    if target in drop:
        refuse("drop", target, "the target cannot be dropped")
    frame = frame.drop(columns=[target, *drop])
    if drop:
        notes.append(f"dropped as asked: {_names(list(drop))}")
    if frame.columns.empty:
        refuse("path", source, "no columns are left to predict from")
    frame = _text(frame, one_hot, clean, notes)
    frame, y = _complete(frame, y, clean, notes)
    if len(frame) < FEWEST:
        refuse("rows", len(frame), f"at least {FEWEST} complete rows are needed to draw subsamples from")
    X, labels = frame.to_numpy(dtype=np.float64), y.to_numpy(dtype=np.float64)
    if _constant(labels[:, None])[0]:
        refuse("target", name, f"it is constant ({labels[0]:g}): there is nothing to predict")
    still = _constant(X)
    names = np.array(frame.columns, dtype=object)
    if still.any() and not clean:
        others = f"; constant too: {_names(list(names[still][1:]))}" if still.sum() > 1 else ""
        remedy = "drop it (--drop), or all such columns (--clean)"
        refuse("column", names[still][0], f"it is constant and cannot be standardised: {remedy}{others}")
    if still.any():
        notes.append(f"dropped, constant: {_names(list(names[still]))}")
        X, names = X[:, ~still], names[~still]
    if not X.shape[1]:
        refuse("path", source, "no columns are left to predict from")
    twins = X.shape[1] - len(np.unique(X, axis=1).T)
    if twins:
        notes.append(f"{twins} columns repeat others exactly; their eigenvalues are 0")
    return Table(X=X, y=labels, features=tuple(map(str, names)), target=name, source=source, notes=tuple(notes))
