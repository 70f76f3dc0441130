"""The store: bits survive, nothing acknowledged is lost, what is damaged, foreign, newer or in use is refused with its remedy.

A few of each here; `python -m tests.reliability.journal` does two hundred kills.
"""

from __future__ import annotations

import errno
import json
import os
import secrets
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from simulate import journal as module
from simulate.cells import Cell, Failure
from simulate.journal import Journal
from tests.reliability import journal as measures

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the locks of a store are POSIX's")


def cell(block: int = 0) -> Cell:
    return Cell("tests.reliability.simulators:uniform", {"level": 0.5}, n=1, draws=2, block=block)


def filled(path, count: int = 3, **given) -> list[bytes]:
    """A store with so many cells; its lines."""
    with Journal(path, **given) as journal:
        journal.begin(entropy=0)
        for block in range(count):
            journal.append(cell(block), {"value": np.array([block, 0.1])})
        journal.commit()
    return path.read_bytes().splitlines(keepends=True)


@pytest.fixture
def memory():
    """A folder in memory where there is one: the many small stores that are cut need no disk."""
    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as folder:
        yield Path(folder)


def test_bits_survive(tmp_path):
    values = {
        "floats": np.array([[0.1, -0.0, np.inf], [5e-324, np.pi, -1e308]]),
        "integers": np.array([-(2**63), 2**63 - 1]),
        "big-endian": np.array([1.5, 2.5], dtype=">f8"),
        "every other": np.arange(8.0).reshape(2, 4)[:, ::2],
        "δ": np.ones((2, 1, 1)),
    }
    with Journal(tmp_path / "store") as journal:
        journal.begin(entropy=7)
        journal.append(cell(), values)
        journal.commit()
        once = journal[cell().key]
    with Journal(tmp_path / "store", read_only=True) as journal:
        again = journal[cell().key]
    for found in (once, again):
        assert found.keys() == values.keys()
        for name, array in values.items():
            assert found[name].tobytes() == array.astype(array.dtype.newbyteorder("=")).tobytes()
            assert found[name].shape == array.shape
            found[name][...] = 0  # the caller's own


def test_the_header_and_the_lines_are_text_that_says_what_they_are(tmp_path):
    lines = filled(tmp_path / "store", 1, command="a test")
    header = json.loads(lines[0][9:])
    assert (header["format"], header["entropy"], header["command"]) == (1, 0, "a test")
    assert {"stream", "created", "version"} <= header.keys()
    assert json.loads(lines[1][9:])["content"] == json.loads(cell().content)


def test_what_is_not_committed_is_not_there(tmp_path):
    path = tmp_path / "store"
    filled(path, 1)
    with Journal(path) as journal:
        journal.append(cell(5), {"value": np.ones(2)})
        assert cell(5).key not in journal
    with Journal(path) as journal:
        assert list(journal) == [cell(0).key]


def test_failures_are_kept_until_the_cell_succeeds(tmp_path):
    path = tmp_path / "store"
    for result, failures in ((Failure("E", 'words "\n"'), 1), ({"value": np.ones(2)}, 0)):
        with Journal(path) as journal:
            journal.begin(0)
            journal.append(cell(), result)
            journal.commit()
            assert len(journal.failures) == failures
        with Journal(path, read_only=True) as journal:
            assert journal.failures == ({cell().key: result} if failures else {})
            assert (cell().key in journal) is not bool(failures)


def test_killed_at_random_moments(tmp_path):
    done, acknowledged, bad = measures.kills(tmp_path, 5, seed=secrets.randbelow(2**32))
    assert (done, bad) == (5, 0)
    assert acknowledged > 0


def test_cut_at_every_byte_of_the_header_and_of_the_last_record(memory):
    times, bad = measures.cuts(memory)
    assert times > 500
    assert bad == 0


def test_a_changed_bit_anywhere_is_noticed(memory):
    times, unseen = measures.flips(memory)
    assert times > 900
    assert unseen == 0


def test_damage_in_the_middle_names_its_line_and_the_remedy(tmp_path):
    path = tmp_path / "store"
    lines = filled(path)
    path.write_bytes(b"".join([*lines[:2], lines[2].replace(b"value", b"walue"), lines[3]]))
    before = path.read_bytes()
    with pytest.raises(ValueError, match=r"line 3 is damaged.*head -n 2"):
        Journal(path)
    assert path.read_bytes() == before
    path.write_bytes(b"".join(lines[:2]))  # the remedy
    with Journal(path) as journal:
        assert list(journal) == [cell(0).key]


@pytest.mark.parametrize("at", [1, 12])  # the checksum, the mark of a store
def test_a_damaged_header_is_no_foreign_file(tmp_path, at):
    path = tmp_path / "store"
    filled(path)
    damaged = bytearray(path.read_bytes())
    damaged[at] ^= 1
    path.write_bytes(damaged)
    with pytest.raises(ValueError, match=r"its first line.* is damaged: take the file from a copy, or begin a new store"):
        Journal(path)
    assert path.read_bytes() == damaged


def test_disk_full_is_said_and_nothing_is_lost(tmp_path):
    times, bad = measures.full(tmp_path, 2200)
    assert times >= 4
    assert bad == 0


def test_a_write_that_fails_in_the_middle_leaves_the_file_as_it_was_and_can_be_tried_again(tmp_path, monkeypatch):
    path, write, left = tmp_path / "store", os.pwrite, [30]

    def short(file, data, offset):
        if not left[0]:
            raise OSError(errno.ENOSPC, "No space left on device")
        done = write(file, data[: left[0]], offset)
        left[0] -= done
        return done

    before = b"".join(filled(path))
    with Journal(path) as journal:
        journal.append(cell(9), {"value": np.ones(2)})
        with monkeypatch.context() as patch:
            patch.setattr(os, "pwrite", short)
            with pytest.raises(OSError, match=r"cannot be written \(No space.*its 3 cells are safe"):
                journal.commit()
        assert path.read_bytes() == before
        journal.commit()
        assert len(journal) == 4
    with Journal(path) as journal:
        assert len(journal) == 4


def test_what_the_disk_did_not_confirm_is_not_acknowledged(tmp_path, monkeypatch):
    def fails(file):
        raise OSError(errno.EIO, "Input/output error")

    with Journal(tmp_path / "store") as journal:
        journal.begin(0)
        journal.append(cell(), {"value": np.ones(2)})
        with monkeypatch.context() as patch:
            patch.setattr(os, "fsync", fails)
            with pytest.raises(OSError, match="Input/output error"):
                journal.commit()
        assert cell().key not in journal
        assert (tmp_path / "store").read_bytes().count(b"\n") == 1


def test_a_second_writer_is_refused_at_once_and_a_reader_is_not(tmp_path):
    words, seconds, fine = measures.two(tmp_path)
    assert "another process is writing it" in words
    assert seconds < 5  # at once: it does not wait for the first, which would write for a minute
    assert fine


def test_a_forked_child_does_not_keep_the_lock(tmp_path):
    path = tmp_path / "store"
    filled(path)
    code = f"""if True:
        import os, time
        from simulate.journal import Journal
        journal = Journal({str(path)!r})
        if os.fork() == 0:
            print("forked", flush=True)
            time.sleep(60)
        time.sleep(60)
    """
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, start_new_session=True) as parent:
        assert parent.stdout is not None
        try:
            assert parent.stdout.readline() == "forked\n"
            parent.kill()
            os.waitid(os.P_PID, parent.pid, os.WEXITED | os.WNOWAIT)
            Journal(path).close()
        finally:
            os.killpg(parent.pid, 9)


@pytest.mark.parametrize(
    "content", [b"precious", b"precious\n", b'{"ridgeless":"store"}\n', b"0a0b0c0d " + b'{"ridge', b"\x00" * 40]
)
def test_another_file_is_refused_and_left_alone(tmp_path, content):
    path = tmp_path / "notes.txt"
    path.write_bytes(content)
    if content.endswith(b'{"ridge'):  # what a writer leaves that died with its first line half written
        Journal(path).close()
        assert path.read_bytes() == b""
    else:
        with pytest.raises(ValueError, match="it is no store of ridgeless"):
            Journal(path)
        assert path.read_bytes() == content


def test_a_newer_format_is_refused_in_words(tmp_path):
    path = tmp_path / "store"
    lines = filled(path)
    body = lines[0][9:-1].decode().replace('"format":1', '"format":2').replace('"version":"0.1.0"', '"version":"9.9"')
    path.write_bytes(b"".join([module._line(body), *lines[1:]]))
    for given in ({}, {"read_only": True}):
        with pytest.raises(ValueError, match=r"it has format 2.*this version reads up to format 1: use the newer one"):
            Journal(path, **given)


def test_other_streams_and_another_entropy_are_refused(tmp_path, monkeypatch):
    path = tmp_path / "store"
    filled(path)
    with Journal(path) as journal:
        with pytest.raises(ValueError, match=r"entropy = 1 .*is of entropy 0; begin a new one"):
            journal.begin(entropy=1)
        monkeypatch.setattr(module, "STREAM_VERSION", 99)
        with pytest.raises(ValueError, match="begin a new store"):
            journal.begin(entropy=0)


def test_other_code_is_refused_unless_it_is_accepted_and_then_it_is_written_down(tmp_path):
    path = tmp_path / "store"
    for accept, code in ((False, "a"), (False, "a"), (True, "b"), (False, "b")):
        with Journal(path, accept_code=accept) as journal:
            journal.begin(0)
            journal.trust({"simulate": "s", "mine": code})
            journal.commit()
    with Journal(path) as journal:
        with pytest.raises(ValueError, match=r"another version of mine; begin a new store.*accept_code=True"):
            journal.trust({"simulate": "s", "mine": "c"})
        journal.trust({"other": "x"})  # a function more is no change
        assert journal.code == {"simulate": ["s"], "mine": ["a", "b"], "other": ["x"]}


def test_what_is_read_only_is_not_written(tmp_path):
    path = tmp_path / "store"
    lines = filled(path)
    path.write_bytes(b"".join(lines) + b"torn")
    with Journal(path, read_only=True) as journal:
        assert len(journal) == 3
        with pytest.raises(ValueError, match="opened to be read"):
            journal.begin(0)
    assert path.read_bytes().endswith(b"torn")
    with pytest.raises(FileNotFoundError):
        Journal(tmp_path / "none", read_only=True)


def test_threads_share_a_store(tmp_path):
    with Journal(tmp_path / "store") as journal:
        journal.begin(0)

        def work(block: int) -> bool:
            journal.append(cell(block), {"value": np.full(2, float(block))})
            journal.commit()
            return cell(block).key in journal and journal[cell(block).key]["value"][0] == block

        with ThreadPoolExecutor(8) as pool:
            assert all(pool.map(work, range(200)))
    with Journal(tmp_path / "store") as journal:
        assert len(journal) == 200
