"""`ridgeless audit`: what the cases of theorems can see."""

from __future__ import annotations

import sys

import click

from theorems.options import SEED
from theorems.terminal import bar, plain, say


@click.command()
@click.argument("names", nargs=-1, metavar="[NAME|PAPER|FILE.py]...")
@click.option("--delta", default=0.01, show_default=True, help="Tolerance of the verdict.")
@click.option("--budget", default="60s", show_default=True, help="A time for each record, or a whole number of draws a size.")
@SEED
@click.option("--all", "every", is_flag=True, help="Every perturbation, not only those that no case sees.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a record on stdout.")
@click.option("--markdown", is_flag=True, help="One page with a table of all the records on stdout.")
@plain
def command(names: tuple[str, ...], delta: float, budget: str, seed: int, every: bool, as_json: bool, markdown: bool) -> None:
    """Perturb formulas, and report which perturbations no case of the theorem can see. Without names: every theorem.

    Perturbed are the arguments (gamma for 1/gamma, sigma for sigma2, r for r2, lam scaled by p, each 1 and 5 % off) and the source
    of the formula, one place at a time: each constant 1 and 5 % off, each sign, each exponent. Each is a rival on the draws of one
    verdict. What is unseen is tried on cases with one parameter changed: where one of those would see it, it is named.

    Exit status 1 if a theorem has such blind spots (constants 1 % off do not count), or if it is itself refuted.
    """
    import json

    from theorems import discovery
    from theorems.audits import audit as audits

    records = discovery.every(names) if names else list(discovery.load().values())
    done = []
    with bar(sum(len(r.cases) for r in records)) as step:
        for record in records:
            found = audits.audit(record, delta=delta, budget=budget, entropy=seed, progress=step)
            done.append(found)
            if as_json:
                say(json.dumps(found.to_dict(), default=str))
            elif not markdown:
                say("\n".join([f"{found.theorem}: {found.summary}", *found.lines(every=every)]))
    if markdown:
        click.echo(audits.markdown(done, _made(f"--delta {delta:g} --budget {budget} --seed {seed}")), nl=False)
    sys.exit(0 if all(found.verdict.status != "refuted" and not found.blind for found in done) else 1)


def _made(how: str) -> str:
    from datetime import UTC, datetime

    from theorems.tables import versions

    with_ = ", ".join(f"{name} {version}" for name, version in versions().items())
    return f"Made by `ridgeless audit --markdown {how}` on {datetime.now(UTC):%Y-%m-%d} with {with_}."
