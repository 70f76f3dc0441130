"""A theorem's page: what stands on it, that it needs no other file, and that one which is not consistent says so first."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from click.testing import CliRunner

import theorems
from tests.test_audits import TEXT, WHERE
from theorems.cli import main
from theorems.pages.page import page

VOID = {"meta", "img", "br"}
FALSE = TEXT.replace("return gamma * r2 + sigma2 * sigma2 / 2", "return 1.05 * gamma * r2 + sigma2 * sigma2 / 2")


class Nested(HTMLParser):
    """Raises where tags are not closed in the order in which they were opened."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.words = ""
        self.feed(text)
        assert not self.open

    def handle_starttag(self, tag, attrs):
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.words += data


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages")
    (folder / "own.py").write_text(TEXT, encoding="utf-8")
    (folder / "wrong.py").write_text(FALSE, encoding="utf-8")
    return folder


@pytest.mark.false_alarm(1e-7)  # a refutation takes 0.1 % of bias, 10 standard deviations of a draw
def test_the_page_of_a_consistent_theorem(folder):
    text, audit = page(theorems.load(folder / "own.py")["own.blind"], budget=2000, draws=8)
    assert audit.verdict.status == "consistent"
    words = Nested(text).words
    for what in ("planted", "own.blind", "it is planted", "consistent to", "sigma2", "[0, inf)", "Lines: theory, in the limit",
                 f"{WHERE}[2 -> 3]", "No case sees these, though another would", "ridgeless verify own.py:blind --delta 0.01"):  # fmt: skip
        assert what in words, what
    assert "contradicts" not in words
    assert not re.findall(r'(?:src|href)="(?!data:)', text)  # nothing is fetched


@pytest.mark.false_alarm(0)
def test_backticks_are_code_and_the_stages_are_told_where_no_terminal_is(folder):
    text = TEXT.replace('"it is planted"', '"`it` is <planted>"')
    assert text != TEXT
    (folder / "code.py").write_text(text, encoding="utf-8")
    words = ["page", f"{folder}/code.py:twice", "--out", str(folder / "pages"), "--budget", "2000", "--draws", "8"]
    said = CliRunner().invoke(main, words).stderr.splitlines()
    assert "<li><code>it</code> is &lt;planted&gt;</li>" in (folder / "pages" / "code.twice.html").read_text(encoding="utf-8")
    assert [line.partition(":")[0] for line in said] == ["code.twice", *["judged"] * (len(said) - 2), "code.twice"]


@pytest.mark.false_alarm(1e-7)  # 2 % off at a noise of 0.01 %
def test_a_refuted_theorem_says_so_first(folder):
    text, audit = page(theorems.load(folder / "wrong.py")["wrong.seeing"], budget=2000, draws=8)
    assert audit.verdict.status == "refuted"
    words = Nested(text).words
    assert words.index("Simulation contradicts it, in 2 of 2 cases:") < words.index("Assumptions")
    assert "what it does not refute may be nearer the truth" in words


@pytest.mark.false_alarm(0)  # with fewer draws than a verdict takes, nothing is decided
def test_an_undecided_theorem_says_so_first(folder):
    text, audit = page(theorems.load(folder / "own.py")["own.flat"], budget=100, draws=8)
    assert audit.verdict.status == "undecided"
    words = Nested(text).words
    assert words.index("These draws do not decide it, in 2 of 2 cases:") < words.index("Assumptions")


@pytest.mark.false_alarm(1e-7)  # as above; an identity has no draws
def test_an_identity_and_the_command(folder):
    def run(*words):
        return CliRunner().invoke(main, ["page", *words, "--out", str(folder / "pages"), "--budget", "2000", "--draws", "8"])

    good = run(f"{folder}/own.py:twice")
    assert good.exit_code == 0
    text = (folder / "pages" / "own.twice.html").read_text(encoding="utf-8")
    assert "two exact routes agree" in Nested(text).words
    assert run(f"{folder}/wrong.py:seeing").exit_code == 1
    assert run("nothing").exit_code == 2
