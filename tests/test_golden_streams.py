"""Streams are stable: the same entropy gives the same draws, in every version of the library that has the same STREAM_VERSION."""

from __future__ import annotations

import json

import numpy as np
import pytest

from simulate.streams import STREAM_VERSION
from tests import golden
from tests.golden import __main__ as command

KEPT, SIMULATORS = golden.kept(), golden.simulators()
CHANGED = f"the stream of {{}} changed: bump simulate.streams.STREAM_VERSION and run `{golden.COMMAND}`"


def test_the_file_is_of_this_version():
    assert KEPT["stream_version"] == STREAM_VERSION, f"run `{golden.COMMAND}`"
    gone = KEPT["simulators"].keys() - SIMULATORS.keys()
    assert not gone, f"{gone} are no simulators any more: run `{golden.COMMAND}`"


@pytest.mark.false_alarm(0)
@pytest.mark.parametrize("place", SIMULATORS)
def test_a_simulator_draws_what_it_drew(place):
    assert place in KEPT["simulators"], f"{place} is new: run `{golden.COMMAND}`"
    for k, expected in enumerate(KEPT["simulators"][place]):
        assert golden.same(expected, golden.draw(place, SIMULATORS[place], k)), CHANGED.format(place)


@pytest.mark.false_alarm(0)
@pytest.mark.parametrize("key", KEPT["streams"])
def test_a_stream_begins_with_the_same_words(key):
    assert golden.words(json.loads(key)) == KEPT["streams"][key], CHANGED.format(key)


def test_a_changed_stream_is_seen_and_not_overwritten(monkeypatch, tmp_path):
    place = "simulate.ridge.ridge"
    file = tmp_path / "streams.json"
    file.write_text(golden.FILE.read_text(encoding="utf-8"), encoding="utf-8")
    plain, before = golden.draw, file.read_text(encoding="utf-8")
    for spoil in (
        lambda d: d["values"]["excess"].__setitem__(0, d["values"]["excess"][0] * (1 + 1e-8)),
        lambda d: d.update(state="0"),
    ):

        def draw(name, simulator, k, spoil=spoil):
            drawn = plain(name, simulator, k)
            if name == place:
                spoil(drawn)
            return drawn

        monkeypatch.setattr(golden, "draw", draw)
        monkeypatch.setattr(command, "FILE", file)
        with pytest.raises(SystemExit, match=rf"^{place}: .* bump simulate.streams.STREAM_VERSION"):
            command.main()
        assert file.read_text(encoding="utf-8") == before


def test_a_new_simulator_is_added_and_a_new_version_begins_anew(monkeypatch, tmp_path):
    file = tmp_path / "streams.json"
    less = json.loads(golden.FILE.read_text(encoding="utf-8"))
    del less["simulators"]["simulate.ridge.ridge"]
    file.write_text(json.dumps(less), encoding="utf-8")
    monkeypatch.setattr(golden, "FILE", file)
    monkeypatch.setattr(command, "FILE", file)
    assert command.main().endswith(" 1 added")
    assert all(map(golden.same, golden.kept()["simulators"]["simulate.ridge.ridge"], KEPT["simulators"]["simulate.ridge.ridge"]))
    monkeypatch.setattr(golden, "STREAM_VERSION", STREAM_VERSION + 1)
    monkeypatch.setattr(golden, "draw", lambda *_: {"state": "another", "values": {}})
    assert f"stream version {STREAM_VERSION + 1}, {len(SIMULATORS)} simulators, {len(SIMULATORS)} added" in command.main()


def test_a_parameter_without_a_value_is_named():
    def simulator(*, n, temperature, draws, rng):
        return np.zeros(draws)

    with pytest.raises(LookupError, match="add values for temperature to VALUES"):
        golden.parameters(simulator, 0)
