"""The pytest plugin: entropy for statistical tests, their false-alarm rates added up, and a calibration report.

pytest imports this in every project of its environment, so it costs nothing until it is used.
"""

from __future__ import annotations

import math
import os
import secrets
import shlex
from collections import Counter
from collections.abc import Generator
from typing import Any

import pytest

from theorems.testing import converges as testing


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("ridgeless", "statistical tests")
    group.addoption("--entropy", type=int, metavar="N", help="Seed of the statistical tests (0).")
    group.addoption("--vary-seed", action="store_true", help="A fresh seed for the statistical tests, printed.")
    group.addoption("--calibrate", type=int, default=0, metavar="R", help="Judge each call of converges R times, and report.")
    parser.addini("false_alarm_budget", "Fail where the false-alarm rates add up to more (none: only tell).", default="")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "false_alarm(rate): probability that the test fails though nothing is wrong; 0 if it holds for every draw."
    )
    option = config.option
    if option.vary_seed and option.entropy is None:
        option.entropy = secrets.randbits(32)  # pytest-xdist hands the options on to its workers
    for name in ("entropy", "calibrate"):
        if (getattr(option, name) or 0) < 0:
            raise pytest.UsageError(f"--{name} {getattr(option, name)} is refused: it must not be negative")
    config.pluginmanager.register(Ledger(config), "ridgeless-ledger")


def pytest_report_header(config: pytest.Config) -> str | None:
    entropy = config.option.entropy
    return None if entropy is None else f"ridgeless: --entropy {entropy}"


@pytest.fixture(scope="session")
def entropy(pytestconfig: pytest.Config) -> int:
    """Seed of the statistical tests: 0, or what --entropy says, or a fresh one with --vary-seed."""
    return pytestconfig.option.entropy or 0


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    """`converges` learns its entropy; what it spends of the false-alarm rate must be covered by the test's own, if it declares one."""
    option, rate = item.config.option, _rate(item)
    outer, testing.running = testing.running, testing.Running(entropy=option.entropy or 0, calibrate=option.calibrate)
    now = testing.running
    try:
        yield
    finally:
        testing.running = outer
        if now.spent:
            item.user_properties.append(("ridgeless", {"spent": now.spent, "silent": rate is None, "calls": now.calls}))
    if rate is not None and now.spent > rate * (1 + 1e-9):  # 1e-9: round-off of the sum
        pytest.fail(f"false_alarm({rate:g}) is refused: calls of converges add up to false_refute = {now.spent:g}", pytrace=False)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
    """A failure that may be one of chance says how to see it again."""
    report = yield
    chance = _rate(item) or "entropy" in getattr(item, "fixturenames", ()) or _seen(report).get("spent")
    if report.when == "call" and report.failed and chance and hasattr(report.longrepr, "addsection"):
        path = os.path.relpath(item.path, item.config.invocation_params.dir)
        test = shlex.quote("::".join([path, *item.nodeid.split("::")[1:]]))
        report.longrepr.addsection("to replay", f"pytest {test} --entropy {item.config.option.entropy or 0}")
    return report


def _seen(report: pytest.TestReport) -> dict[str, Any]:
    return dict(report.user_properties).get("ridgeless", {})  # type: ignore[return-value]


def _rate(item: pytest.Item) -> float | None:
    """What the test declares, or None."""
    mark = item.get_closest_marker("false_alarm")
    if mark is None:
        return None
    rate = mark.args[0] if len(mark.args) == 1 and not mark.kwargs else None
    if isinstance(rate, bool) or not isinstance(rate, int | float) or not 0 <= rate < 1:
        raise pytest.UsageError(f"{item.nodeid}: false_alarm{mark.args} is refused: it takes one rate in [0, 1)")
    return rate


class Ledger:
    """What the collected tests declare, and what those did that ran; with pytest-xdist the workers collect, the controller adds up."""

    def __init__(self, config: pytest.Config) -> None:
        given = config.getini("false_alarm_budget")
        try:
            self.budget = float(given or math.inf)
        except ValueError:
            self.budget = math.nan
        if not self.budget > 0:
            raise pytest.UsageError(f"false_alarm_budget = {given!r} is refused: write a positive number, such as 1e-4")
        self.config = config
        self.rates: dict[str, float] = {}
        self.silent: set[str] = set()  # tests that spend and declare nothing
        self.calls: list[tuple[str, dict[str, Any]]] = []

    @property
    def total(self) -> float:
        return math.fsum(self.rates.values())

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self.rates |= {item.nodeid: rate for item in session.items if (rate := _rate(item)) is not None}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        seen = _seen(report) if report.when == "call" else {}
        if seen.get("silent"):
            self.silent.add(report.nodeid)
            self.rates[report.nodeid] = seen["spent"]
        self.calls += [(report.nodeid, call) for call in seen.get("calls", ())]

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        self.rates |= getattr(node, "workeroutput", {}).get("false_alarm", {})

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if (output := getattr(self.config, "workeroutput", None)) is not None:
            output["false_alarm"] = self.rates
        elif self.total > self.budget and not session.exitstatus:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        say = terminalreporter.write_line
        if number := sum(map(bool, self.rates.values())):
            above = self.total > self.budget
            budget = "" if math.isinf(self.budget) else f", {'above' if above else 'within'} the budget of {self.budget:g}"
            say(f"false alarms: the rates of {number} tests add up to {self.total:.2g}{budget}", red=above)
            if above:
                tests: Counter[str] = Counter()
                for nodeid, rate in self.rates.items():
                    tests[nodeid.partition("[")[0]] += rate  # type: ignore[assignment]
                for test, rate in tests.most_common(5):
                    say(f"  {rate:.2g} {test}")
        for test in sorted(self.silent):
            say(f"  {test} calls converges and declares no false_alarm; counted as it ran", yellow=True)
        if self.calls:
            from theorems.testing.calibration import table

            first, runs = self.config.option.entropy or 0, self.config.option.calibrate
            terminalreporter.section(f"calibration: each call of converges over --entropy {first}, ..., {first + runs - 1}")
            say(table(self.calls))
