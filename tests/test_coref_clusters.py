"""Links become clusters, and mentions are found by their heads."""

from __future__ import annotations

from quotecheck.coref.clusters import Coreference, CorefMention, join


def test_links_join_mentions() -> None:
    """Whatever hangs together by links is one cluster; clusters stand by their first mentions."""
    assert join({3: 1, 5: 3, 4: 2}) == ((1, 3, 5), (2, 4))


def test_two_chains_can_meet() -> None:
    """A mention that links two chains makes them one, in whatever order the links come."""
    links = {4: 0, 6: 5, 7: 4, 5: 0}
    assert join(links) == join(dict(reversed(links.items()))) == ((0, 4, 5, 6, 7),)


def test_mentions_without_links_stand_alone() -> None:
    """Mentions that are named but not linked are clusters of one."""
    assert join({2: 0}, mentions=range(4)) == ((0, 2), (1,), (3,))
    assert join({}) == ()


def test_a_link_may_lead_forward() -> None:
    """A mention may be linked with one that follows it."""
    assert join({0: 2}) == ((0, 2),)


def test_a_mention_is_found_by_its_head() -> None:
    """A word that heads no mention gives none."""
    mention = CorefMention(4, 3, 5, "person", "", (1.0, 0.0, 0.0), (), new=1.0, missing=0.0)
    found = Coreference((mention,), (), {4: 0})
    assert found.at(4) is mention
    assert found.at(3) is None
