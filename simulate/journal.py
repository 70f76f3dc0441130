"""The store of a sweep: one text file to which lines are only appended, each with its checksum.

A line is the CRC-32 of its JSON in eight hexadecimal digits, a space, the JSON. The first is the header (format, stream version,
entropy, date, version, command); then come, in any order,

    {"code": {module: SHA-256}}                             sources that the cells after it were computed by
    {"cell": key, "content": [...], "values": {name: [dtype, shape, base64 of the little-endian bytes]}}
    {"failed": key, "content": [...], "error": type, "message": words}

`append` holds lines back, `commit` writes and syncs them: what it has returned from is acknowledged, and survives kill -9 and
power cuts as far as the disk keeps its word. A writer that dies leaves at most one line without its end, which the next one
drops. One process writes at a time (flock, let go by the system when it dies); any number may read meanwhile.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import re
import threading
import weakref
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from simulate.cells import Cell, Failure, Values
from simulate.conventions import refuse
from simulate.provenance import now, versions
from simulate.streams import STREAM_VERSION

FORMAT = 1
_MARK = b'{"ridgeless":"store"'
_open: weakref.WeakSet[Journal] = weakref.WeakSet()


def _forked() -> None:
    for journal in list(_open):  # a forked worker must not hold the lock when its parent has died
        journal.close()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)


def _line(body: str) -> bytes:
    data = body.encode()
    return b"%08x %s\n" % (zlib.crc32(data), data)


def _intact(line: bytes) -> bool:
    return line[8:9] == b" " and line[:8] == b"%08x" % zlib.crc32(line[9:-1])


def _damage(number: int, line: bytes) -> str:
    """What is wrong with a line that is not intact, and what to do."""
    if number > 1:
        remedy = f"or keep its first {number - 1} lines (head -n {number - 1}) as a new store, and the rest is computed again"
        return f"line {number} is damaged: take the file from a copy, {remedy}"
    if re.match(rb'[0-9a-f]{8} \{"', line) or line[9:].startswith(_MARK):
        return "its first line, which says of what entropy its draws are, is damaged: take the file from a copy, or begin a new store"
    return "it is no store of ridgeless; name another file"


def _json(content: object) -> str:
    return json.dumps(content, separators=(",", ":"))


def _encode(cell: Cell, result: Values | Failure) -> bytes:
    if isinstance(result, Failure):
        rest = f'"error":{_json(result.error)},"message":{_json(result.message)}'
        return _line(f'{{"failed":"{cell.key}","content":{cell.content},{rest}}}')
    packed = {}
    for name, array in result.items():
        little = array.astype(array.dtype.newbyteorder("<"), copy=False)
        packed[name] = (little.dtype.str, array.shape, base64.b64encode(little.tobytes()).decode())
    return _line(f'{{"cell":"{cell.key}","content":{cell.content},"values":{_json(packed)}}}')


def _decode(line: bytes) -> Values:
    out = {}
    for name, (dtype, shape, data) in json.loads(line[9:])["values"].items():
        array = np.frombuffer(bytearray(base64.b64decode(data)), dtype=dtype).reshape(shape)
        out[name] = array.astype(array.dtype.newbyteorder("="), copy=False)
    return out


class Journal:
    """Results by the key of their cell, in the file `path`, which is made where it is not there.

    read_only: look at it, while another process writes too. accept_code: go on though the code has changed since. Use it as
    a context manager, or `close` it; threads may share one. Raises ValueError where the file is no store, is damaged, is of a
    newer format or in use, and OSError where the file system says no (disk full: nothing acknowledged is lost).

    >>> import tempfile
    >>> cell = Cell("simulate.isotropic:ridge", {"gamma": 2.0}, n=50, draws=2)
    >>> with tempfile.TemporaryDirectory() as folder, Journal(folder + "/store") as journal:
    ...     journal.begin(entropy=0)
    ...     journal.append(cell, {"excess": np.ones(2)})
    ...     journal.commit()
    ...     cell.key in journal, journal[cell.key]["excess"].tolist()
    (True, [1.0, 1.0])
    """

    def __init__(self, path: str | Path, *, command: str = "", accept_code: bool = False, read_only: bool = False) -> None:
        self.path, self.command, self.accept_code, self.read_only = Path(path), command, accept_code, read_only
        self.header: dict[str, Any] = {}
        self.code: dict[str, list[str]] = {}  # of each module the sources that computed, newest last
        self.failures: dict[str, Failure] = {}
        self._places: dict[str, tuple[int, int]] = {}
        self._waiting: list[tuple[bytes, str | None]] = []
        self._end = 0
        self._guard = threading.RLock()
        self._file = os.open(self.path, os.O_RDONLY if read_only else os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            if not read_only:
                self._lock()
            self._scan()
        except BaseException:
            os.close(self._file)
            raise
        _open.add(self)

    def _lock(self) -> None:
        import fcntl

        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            refuse("store", str(self.path), "another process is writing it; wait for it, or use a store of your own")
        except OSError as error:
            refuse("store", str(self.path), f"its file system has no locks ({error.strerror}); put it on another")

    def _scan(self) -> None:
        with open(self._file, "rb", closefd=False) as file:
            file.seek(0)
            for number, line in enumerate(file, 1):
                if not line.endswith(b"\n"):  # torn: its writer died before it was acknowledged
                    if number == 1 and not (re.match(rb"[0-9a-f]{0,8}( |$)", line) and _MARK.startswith(line[9:][: len(_MARK)])):
                        refuse("store", str(self.path), "it is no store of ridgeless; name another file")
                    break
                if not _intact(line):
                    refuse("store", str(self.path), _damage(number, line))
                self._read(number, line)
                self._end += len(line)
        if not self.read_only and self._end < os.fstat(self._file).st_size:
            os.ftruncate(self._file, self._end)
            os.fsync(self._file)

    def _read(self, number: int, line: bytes) -> None:
        body = line[9:]
        if number == 1:
            self.header = json.loads(body) if body.startswith(_MARK) else {}
            if not isinstance(self.header.get("format"), int):
                refuse("store", str(self.path), "it is no store of ridgeless; name another file")
            if self.header["format"] > FORMAT:
                newer = f"it has format {self.header['format']}, of ridgeless {self.header.get('version')}"
                refuse("store", str(self.path), f"{newer}; this version reads up to format {FORMAT}: use the newer one")
        elif body.startswith(b'{"cell":"'):  # no parsing of what is read when it is asked for
            key = body[9:73].decode()
            self._places[key] = self._end, len(line)
            self.failures.pop(key, None)
        else:
            found = json.loads(body)
            if "failed" in found:
                self.failures[found["failed"]] = Failure(found["error"], found["message"])
            for module, sha in found.get("code", {}).items():
                self.code.setdefault(module, []).append(sha)

    def begin(self, entropy: int) -> None:
        """Write the header of a new store; ValueError where an old one is of another entropy or of other streams."""
        if self.read_only:
            refuse("store", str(self.path), "it was opened to be read; open it without read_only")
        with self._guard:
            if self.header:
                if self.header["stream"] != STREAM_VERSION:
                    old = f"its draws are of stream version {self.header['stream']}, this ridgeless makes {STREAM_VERSION}"
                    refuse("store", str(self.path), f"{old}; begin a new store (this one can still be read: read_only=True)")
                if self.header["entropy"] != entropy:
                    refuse("entropy", entropy, f"the store {self.path} is of entropy {self.header['entropy']}; begin a new one")
                return
            self.header = {"ridgeless": "store", "format": FORMAT, "stream": STREAM_VERSION, "entropy": int(entropy)}
            self.header |= {"created": now(), "version": versions()["ridgeless"], "command": self.command}
            self._waiting.insert(0, (_line(_json(self.header)), None))
            self.commit()
            folder = os.open(self.path.absolute().parent, os.O_RDONLY)
            try:
                os.fsync(folder)  # the file's name, too, must survive a power cut
            finally:
                os.close(folder)

    def trust(self, code: Mapping[str, str]) -> None:
        """Say which sources compute from here on; ValueError where they differ from those before, unless `accept_code`."""
        with self._guard:
            new = {m: sha for m, sha in code.items() if self.code.get(m, [None])[-1] != sha}
            changed = [m for m in new if m in self.code]
            if changed and not self.accept_code:
                remedy = (
                    f"its cells were computed by another version of {' and '.join(changed)}; begin a new store, or, where the"
                )
                remedy = f"{remedy} change leaves every number as it was, say so: Journal(path, accept_code=True)"
                refuse("store", str(self.path), remedy)
            for module, sha in new.items():
                self.code.setdefault(module, []).append(sha)
            if new:
                self._waiting.append((_line(_json({"code": new})), None))

    def append(self, cell: Cell, result: Values | Failure) -> None:
        """Hold the result of a cell back for the next commit."""
        line = _encode(cell, result)
        with self._guard:
            self._waiting.append((line, cell.key))
            if isinstance(result, Failure):
                self.failures[cell.key] = result

    def commit(self) -> None:
        """Write what was appended and have it on the disk; OSError where that fails, with the file as it was before."""
        with self._guard:
            if not self._waiting:
                return
            data = memoryview(b"".join(line for line, _ in self._waiting))
            try:
                written = 0
                while written < len(data):
                    written += os.pwrite(self._file, data[written:], self._end + written)
                os.fsync(self._file)
            except BaseException as error:
                with contextlib.suppress(OSError):
                    os.ftruncate(self._file, self._end)
                if not isinstance(error, OSError):
                    raise
                words = (
                    f"the store {self.path} cannot be written ({error.strerror}): its {len(self)} cells are safe; make room and "
                )
                raise OSError(error.errno, words + "run the same again, it goes on from there") from error
            for line, key in self._waiting:
                if key is not None and line.startswith(b'{"cell":"', 9):
                    self._places[key] = self._end, len(line)
                    self.failures.pop(key, None)
                self._end += len(line)
            self._waiting.clear()

    def __contains__(self, key: str) -> bool:
        return key in self._places

    def __len__(self) -> int:
        return len(self._places)

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __getitem__(self, key: str) -> Values:
        start, length = self._places[key]
        line = os.pread(self._file, length, start)
        if not _intact(line):
            refuse("store", str(self.path), f"the line at byte {start} changed under our hands; take the file from a copy")
        return _decode(line)

    def close(self) -> None:
        """Let go of the file; what was not committed is dropped."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
            _open.discard(self)

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
