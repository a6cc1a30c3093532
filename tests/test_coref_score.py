"""Coreference scores are those of the reference scorer and of the papers that define them."""

from __future__ import annotations

from fractions import Fraction

import pytest

from quotecheck.coref.score import Counts, Scores, score_document

# One letter is one mention, one word a cluster. For MUC, B³ and CEAF the recall and the precision;
# what the reference scorer leaves open for A-10 to N-6 is worked out by hand.
A = "a bc def"
LUO = "12345 67 89ABC"
EXAMPLES = {
    # Test cases of the reference scorer.
    "A-1": (A, "a bc def", "1 1", "1 1", "1 1"),
    "A-2": (A, "a de", "1/3 1", "7/18 1", "3/5 9/10"),
    "A-3": (A, "a bcx defy z", "1 3/5", "1 55/108", "31/35 93/140"),
    "A-4": (A, "a bcx dy z", "1/3 1/3", "5/9 17/42", "11/15 11/20"),
    # B overlaps with b: another mention.
    "A-5": (A, "a bcxB dy z", "1/3 1/4", "5/9 5/16", "31/45 31/60"),
    "A-6": (A, "a bcx dy Bz", "1/3 1/4", "5/9 17/48", "11/15 11/20"),
    # b is given twice, in the same cluster or in two: the first counts.
    "A-7": (A, "a bcxb dy z", "1/3 1/3", "5/9 17/42", "11/15 11/20"),
    "A-8": (A, "a bcx dy bz", "1/3 1/3", "5/9 17/42", "11/15 11/20"),
    "A-9": (A, "a bcx dy bbbbbbbbbbz", "1/3 1/3", "5/9 17/42", "11/15 11/20"),
    "A-10": (A, "a b c d e f", "0 0", "1/2 1", "13/18 13/36"),
    "A-11": (A, "abcdef", "1 3/5", "1 7/18", "2/9 2/3"),
    "A-12": (A, "a x y c d e z", "0 0", "13/36 4/7", "13/18 13/42"),
    "A-13": (A, "axycdez", "1/3 1/6", "17/36 6/49", "2/15 2/5"),
    "B-1": ("ab cde", "bcx de", "1/3 1/3", "13/30 8/15", "3/5 3/5"),
    "C-1": ("ab cde fg", "bcx de fg", "1/2 1/2", "25/42 2/3", "11/15 11/15"),
    "M-1": ("abcdef", "abcdef", "1 1", "1 1", "1 1"),
    "M-2": ("abcdef", "a b c d e f", "0 0", "1/6 1", "2/7 1/21"),
    "M-3": ("abcdef", "ab cde f", "3/5 1", "7/18 1", "2/3 2/9"),
    "M-4": ("abcdef", "abcxyz", "2/5 2/5", "1/4 1/4", "1/2 1/2"),
    "M-5": ("abcdef", "a b c x y z", "0 0", "1/12 1/2", "2/7 1/21"),
    "M-6": ("abcdef", "ab cxy z", "1/5 1/3", "5/36 7/18", "1/2 1/6"),
    "N-1": ("a b c d e f", "a b c d e f", "0 0", "1 1", "1 1"),
    "N-2": ("a b c d e f", "abcdef", "0 0", "1 1/6", "1/21 2/7"),
    "N-3": ("a b c d e f", "ab cde f", "0 0", "1 1/2", "13/36 13/18"),
    "N-4": ("a b c d e f", "a b c x y z", "0 0", "1/2 1/2", "1/2 1/2"),
    "N-5": ("a b c d e f", "abcxyz", "0 0", "1/2 1/12", "1/21 2/7"),
    "N-6": ("a b c d e f", "ab cxy z", "0 0", "1/2 2/9", "7/36 7/18"),
    # Vilain et al. 1995, tables 1 and 2 (F to L of the reference scorer); they know MUC only.
    "F-1": ("ABCD", "AB CD", "2/3 1", None, None),
    "G-1": ("AB CD", "ABCD", "1 2/3", None, None),
    "H-1": ("ABCD", "ABCD", "1 1", None, None),
    "J-1": ("ABC", "AC", "1/2 1", None, None),
    "K-1": ("BCDEGHJ", "ABC DEF GHI", "1/2 1/2", None, None),
    "L-1": ("ABC DEFG", "AB CD FGH", "2/5 1/2", None, None),
    # Bagga and Baldwin 1998 (D and E), taken up and added to by Luo 2005.
    "D-1, Luo (a)": (LUO, "12345 6789ABC", "1 9/10", "1 16/21", "11/18 11/12"),
    "E-1, Luo (b)": (LUO, "1234589ABC 67", "1 9/10", "1 7/12", "5/9 5/6"),
    "Luo (c)": (LUO, "123456789ABC", "1 9/11", "1 3/8", "10/51 10/17"),
    "Luo (d)": (LUO, "1 2 3 4 5 6 7 8 9 A B C", "0 0", "1/4 1", "4/9 1/9"),
    # Pradhan et al. 2014, section 5.
    "Pradhan": ("abc defg", "ab cd fghi", "2/5 2/5", "5/12 1/2", "13/20 13/30"),
}


def rates(counts: Counts) -> tuple[float, float]:
    """Return recall and precision."""
    return counts.recall, counts.precision


@pytest.mark.parametrize("name", EXAMPLES)
def test_published_examples(name: str) -> None:
    """Recall and precision are the published ones, for each measure that the source gives."""
    key, response, *expected = EXAMPLES[name]
    found = score_document(key.split(), response.split())
    measures = (found.muc, found.b_cubed, found.ceaf)
    for counts, pair in zip(measures, expected, strict=True):
        if pair is not None:
            assert rates(counts) == pytest.approx([float(Fraction(part)) for part in pair.split()])


@pytest.mark.parametrize(
    ("response", "muc", "b_cubed", "ceaf"),
    [
        ("12345 6789ABC", 0.947, 0.865, 0.733),
        ("1234589ABC 67", 0.947, 0.737, 0.667),
        ("123456789ABC", 0.900, 0.545, 0.294),
        ("1 2 3 4 5 6 7 8 9 A B C", 0.0, 0.400, 0.178),
    ],
)
def test_f1_as_in_the_paper_on_ceaf(response: str, muc: float, b_cubed: float, ceaf: float) -> None:
    """F1 is the harmonic mean (Luo 2005, table 1), and the CoNLL score the mean of the three."""
    found = score_document(LUO.split(), response.split())
    three = [found.muc.f1, found.b_cubed.f1, found.ceaf.f1]
    assert three == pytest.approx([muc, b_cubed, ceaf], abs=0.0005)
    assert found.conll == pytest.approx(sum(three) / 3)


def test_documents_are_added_before_they_are_divided() -> None:
    """A long document weighs more than a short one: counts add up, rates do not."""
    first = score_document(["abcdef"], ["abcdef"])
    second = score_document(["uv"], ["u", "v"])
    both = sum([first, second], start=Scores())
    assert both.muc == Counts(5, 6, 5, 5)
    assert both.mentions == Counts(8, 8, 8, 8)
    assert rates(both.b_cubed) == pytest.approx((7 / 8, 1))
    assert rates(both.ceaf) == pytest.approx(((1 + 2 / 3) / 2, (1 + 2 / 3) / 3))


def test_mentions_are_counted_without_their_clusters() -> None:
    """How many mentions were found says nothing of where they were put."""
    assert score_document(["ab", "cd"], ["ac", "x"]).mentions == Counts(2, 4, 2, 3)


@pytest.mark.parametrize(("key", "response"), [("", ""), ("ab", ""), ("", "ab"), ("ab", "xy")])
def test_nothing_in_common_is_zero(key: str, response: str) -> None:
    """Empty sides divide by nothing and fail nowhere."""
    found = score_document(key.split(), response.split())
    assert found.conll == 0
    assert rates(found.mentions) == (0, 0)


def test_the_best_matching_is_not_the_greedy_one() -> None:
    """CEAF takes the best sum, not the best pair first."""
    found = score_document(["abcdef", "ghuv"], ["abcdgh", "efxy"])
    greedy, best = 2 * 4 / 12, 2 * 2 / 10 + 2 * 2 / 10
    assert greedy < best
    assert found.ceaf.hits_recall == pytest.approx(best)


def test_mentions_may_be_anything_hashable() -> None:
    """Spans are pairs of places; the order of clusters and of mentions does not matter."""
    key = [{(0, 2), (5, 6)}, {(7, 8), (9, 10)}]
    response = [[(9, 10), (7, 8)], [(5, 6), (0, 2)]]
    assert score_document(key, response).conll == 1
