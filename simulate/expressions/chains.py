"""The order in which a chain of matrices is multiplied: least cost, common parts once, diagonal matrices as scalings."""

from __future__ import annotations

from simulate.expressions.alphabet import Alphabet
from simulate.expressions.letters import Letter, Word, shape

SCALING = 8.0  # what an entry that is only read and written costs, in flops of a matrix product


class Chains:
    """Plans products and traces; a part that was planned before is free, as it will have been evaluated."""

    def __init__(self, alphabet: Alphabet) -> None:
        self.alphabet = alphabet
        self.splits: dict[Word, int] = {}  # word = word[:k] word[k:], or 0: word = u u'
        self.traces: dict[tuple[Word, bool], tuple[Word, Word]] = {}

    def canonical(self, word: Word) -> Word:
        """The word or its transpose: one of them is evaluated."""
        return min(word, self.alphabet.transpose(word), key=_order)

    def split(self, word: Word) -> int:
        """Where to split a canonical word of at least two letters."""
        if word not in self.splits:
            self._commit(word, {})
        return self.splits[word]

    def ends(self, word: Word, around: bool) -> tuple[Word, Word]:
        """Two words whose product has the trace of the word, if it may be turned around, or else its diagonal."""
        if (word, around) not in self.traces:
            turns = range(len(word)) if around else (0,)
            pairs = [(word[i:j], word[j:] + word[:i]) for i in turns for j in range(i + 1, len(word) + (not around))]
            best = min(pairs or [(word, ())], key=self._cost_of_ends)
            self.traces[word, around] = best
            for part in best:
                self._commit(part, {})
        return self.traces[word, around]

    def _cost_of_ends(self, pair: tuple[Word, Word]) -> float:
        found: dict[Word, tuple[float, int]] = {}
        cost = self._cost(pair[0], found)
        for part in self._parts(self.canonical(pair[0]), found):
            found[part] = (0.0, found[part][1])  # the other end has it free
        rows, columns = shape(pair[0])
        return cost + self._cost(pair[1], found) + rows * columns * (1 + SCALING * (not self._contiguous(pair)))

    def _contiguous(self, pair: tuple[Word, Word]) -> bool:
        return len(pair[1]) == 0 or self.canonical(pair[0]) != pair[0] or self.canonical(pair[1]) != pair[1]

    def _cost(self, word: Word, found: dict[Word, tuple[float, int]]) -> float:
        if len(word) < 2:
            return 0.0
        word = self.canonical(word)
        if word in found:
            return found[word][0]
        if word in self.splits:
            return 0.0
        rows, columns = shape(word)
        choices = []
        half = self.alphabet.halves(word)
        if half is not None and not all(l.diagonal for l in word):
            choices.append((self._cost(half, found) + rows * rows * half[-1].shape[1], 0))
        for k in range(1, len(word)):
            left, right = word[:k], word[k:]
            scaling = all(l.diagonal for l in left) or all(l.diagonal for l in right)
            flops = SCALING * rows * columns if scaling else 2.0 * rows * right[0].shape[0] * columns
            choices.append((self._cost(left, found) + self._cost(right, found) + flops, k))
        found[word] = min(choices)
        return found[word][0]

    def _parts(self, word: Word, found: dict[Word, tuple[float, int]]) -> list[Word]:
        """The word and the parts that it is made of, as far as they are new."""
        if len(word) < 2 or word not in found or word in self.splits:
            return []
        k = found[word][1]
        parts = (word[:k], word[k:]) if k else (self.alphabet.halves(word) or (),)
        return [word, *(q for part in parts for q in self._parts(self.canonical(part), found))]

    def _commit(self, word: Word, found: dict[Word, tuple[float, int]]) -> None:
        if len(word) >= 2:
            self._cost(word, found)
            for part in self._parts(self.canonical(word), found):
                self.splits[part] = found[part][1]


def _order(word: tuple[Letter, ...]) -> list[int]:
    return [l.index for l in word]
