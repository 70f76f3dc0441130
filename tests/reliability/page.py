"""The words of docs/reliability.md; its numbers come from the modules beside this one."""

from __future__ import annotations

from theorems.verdicts.methods import MOMENTS
from theorems.verdicts.rule import LEFT_OUT, SLACK
from theorems.verdicts.sequences import LEAST
from theorems.verdicts.verdict import GUARANTEES

ORDER = ("calibration", "power", "planted", "records", "bits", "cores", "journal", "overhead", "rates")
TITLES = {
    "calibration": "How often a true claim is refuted, and a wrong one accepted",
    "power": "How surely a formula that is slightly wrong is refuted",
    "planted": "Planted wrong theorems",
    "records": "Every record, judged",
    "bits": "The same bits on every executor",
    "cores": "The same draws on other processors",
    "journal": "What survives kills, cuts and full disks",
    "overhead": "What a sweep costs beyond its cells",
    "rates": "The exponents of `ridgeless rate`",
}
PAGE = {
    "head": """# Reliability

How far a verdict can be trusted, as measured. Every number on this page was printed by

```
python -m tests.reliability calibration power planted records bits cores journal overhead rates
python -m tests.reliability --write
```

(the first takes hours; any of its names may be given alone, and goes on where it was stopped; the second renders this page from the
counts kept in `docs/reliability/`). Each section says when and where it was measured.""",
    "guarantees": f"""## What the rates rest on

* **Means** (`mean`): {GUARANTEES["mean"]}. The sequence is Student's t mixed over effect sizes, an exact martingale for
  normal rounds of any variance. Rounds of simulations are not normal; for them the rate is asymptotic. It is used from {LEAST} rounds on,
  only where a draw has at least {MOMENTS} moments, with later blocks averaged in batches and the level lowered for the skewness that
  is seen (a correction of the order of the moderate-deviation rate of self-normalised sums, not a bound). So **for means a rate of
  1e-6 is an extrapolation**: 1e-2 and 1e-3 were measured, below; a rate of 1e-6 cannot be measured by 10^4 experiments.
* **Medians** (`median`): {GUARANTEES["median"]}. A rate of 1e-6 rests on an inequality that is exact, moments or none. What it is
  exact about is the medians at the sizes drawn; that they tend to what the means tend to is the concentration of the quantity, which is
  checked by its quartiles closing in, and not proved.
* **Ranges** (`bounded`): {GUARANTEES["bounded"]}. A rate of 1e-6 rests on an exact inequality here too. It is as good as the range
  that the record declares.
* **Limits** rest besides on the finite-size model b0 + c n^-a + d n^-2a. What it leaves out is measured by one power more: a tenth
  of delta ({SLACK:g}) is forgiven, and where more than that shows, {LEFT_OUT:g} times what shows. A bias outside the model which hides
  from the sizes drawn (one that sets in beyond them, or oscillates between them) is not seen.
* **Cases** share the rate of false refutation: each spends its part, so that together they keep it.

No finite sample sees what did not happen in it. An event of probability q stays out of m draws with probability (1 - q)^m, and
a mean that such events carry looks settled without them: draws that never differ are called consistent only when enough were
drawn that fewer than 1 % of all can differ, and that is all it says. Moments are what the simulator declares; a simulator that
declares none is taken to have all. And a verdict is about the cases that a record lists, at the sizes drawn: a mistake that formula
and simulator share is beyond it, which is why the two never share code.""",
    "calibration": """Null experiments, by the engine's own evidence, intervals and rule: ridgeless risks (r2 = sigma2 = 1),
with a look after every block. Gaussian draws at one size are fresh and their mean is known exactly; all others are taken with
replacement from a bank of 10^6 draws by the O(n) sampler or 200 000 by the dense one, so that their means, medians and what these
extrapolate to are known. Levels of 1e-2 and 1e-3 are judged on the same draws.""",
    "cores": """Each line is a process of its own under each of the eight settings, with the same random numbers; three draws,
every field, the largest less the smallest value over the largest. Fields that are zero but for round-off (1e-12 of the largest) are left
out. OpenBLAS has no kernels of its own for Zen: it takes those of Haswell.""",
    "planted": """Each is a mistake that somebody could make. The seconds are wall clock, two verdicts side by side.""",
    "records": """Where a record is undecided or refuted, that stands here: no tolerance was widened for it.""",
}
