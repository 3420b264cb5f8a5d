from __future__ import annotations

from feeds.model import Image, Item
from tests.pages import FOUR, listing, rows


def items(body: str) -> tuple[Item, ...]:
    return listing(f'<ul class="list">{body}</ul>').items


def first(inside: str) -> Item:
    return items(rows(*FOUR, inside=inside))[0]


def test_a_row_says_who_wrote_it_where_it_belongs_and_what_it_is_about() -> None:
    item = first(
        '<img src="dot.gif" width="1"><img data-src="/i/1.jpg?w=1, x" src="data:x" width="600px" height="?">'
        '<span class="byline">By Ada Linden</span>'
        '<span class="author-name">Ada Linden</span><a class="category" href="/town/">Town</a>'
        '<p>25 November 2026</p><p class="teaser">It was mended by night, and nobody heard.</p>'
    )
    assert item.authors == ("Ada Linden",)
    assert item.sections == ("Town",)
    assert item.summary == "It was mended by night, and nobody heard."
    assert item.images == (Image("https://n.example/i/1.jpg?w=1", 600, None),)
    assert item.published is not None


def test_what_is_no_name_rubric_or_teaser() -> None:
    item = first(
        f'<span class="author">Read more</span><span class="author">7 Ada</span>'
        f'<span class="category">12</span><i class="section">{FOUR[0]}</i>'
        f"<p>{FOUR[0]}</p><p>Too short</p><img src='mailto:x'>"
    )
    assert (item.authors, item.sections, item.summary, item.images) == ((), (), "", ())


def test_a_teaser_may_stand_without_an_element() -> None:
    assert first("It was mended by night, and nobody heard.").summary == "It was mended by night, and nobody heard."
    assert first("<div>It was mended by night, and nobody heard.</div>").summary.startswith("It was mended")


def test_headlines_side_by_side_with_what_belongs_to_them() -> None:
    body = "".join(
        f'<h3><a href="/n/{n}-a-long-story">{title}</a></h3><p>{n} November 2026</p>'
        f"<p>Teaser {n} has more than six words in it.</p>"
        for n, title in enumerate(FOUR, 1)
    )
    found = listing(f"<div>{body}</div>").items
    assert [item.summary[:8] for item in found] == ["Teaser 1", "Teaser 2", "Teaser 3", "Teaser 4"]
    assert [item.published.day for item in found if item.published] == [1, 2, 3, 4]


def test_what_belongs_to_a_headline_may_stand_before_it() -> None:
    body = "".join(
        f'<p>Written on {n} November 2026</p><h3><a href="/n/{n}-a-long-story">{title}</a></h3>'
        for n, title in enumerate(FOUR, 1)
    )
    assert [item.published.day for item in listing(f"<div>{body}</div>").items if item.published] == [1, 2, 3, 4]


def test_a_teaser_may_stand_before_its_headline() -> None:
    body = "".join(
        f'<p>Teaser {n} has more than six words in it.</p><h3><a href="/n/{n}-a-long-story">{title}</a></h3>'
        for n, title in enumerate(FOUR, 1)
    )
    found = listing(f"<div>{body}</div>").items
    assert [item.summary[:8] for item in found] == ["Teaser 1", "Teaser 2", "Teaser 3", "Teaser 4"]


def test_only_the_nearest_neighbours_of_a_headline_belong_to_it() -> None:
    body = "".join(f'<h3><a href="/n/{n}-a-long-story">{title}</a></h3>{"<hr> " * 9}' for n, title in enumerate(FOUR))
    assert len(listing(f"<div>{body}</div>").items) == 4


def test_days_head_rows() -> None:
    body = (
        f"<h4>25 November 2026</h4><ul>{rows(*FOUR[:2], inside='<b>14:05</b>')}</ul><h4>24 November 2026</h4>"
        '<ul><li><a href="/n/8-another-long-story">Another story of the day</a></li></ul><script>1</script>'
    )
    found = listing(f"<div>{body}</div>").items
    assert [str(item.published)[:16] for item in found] == ["2026-11-25 14:05", "2026-11-25 14:05", "2026-11-24 00:00"]
    assert [item.published_basis for item in found][2] == "the day it stands under"


def test_what_stands_over_rows_and_is_no_day() -> None:
    body = (
        f"<pre>25 November 2026</pre><ul>{rows(*FOUR)}</ul><div><a "
        f'href="/2026/11/25/another-story-of-it">Another one</a></div>'
    )
    assert {item.published for item in listing(f"<div>{body}</div>").items[:4]} == {None}


def test_a_day_over_rows_is_less_than_that_of_an_address() -> None:
    body = "".join(f'<li><a href="/2026/11/2{n}/a-long-story-of-it">{title}</a></li>' for n, title in enumerate(FOUR))
    found = listing(f"<div><h4>26 November 2026</h4><ul>{body}</ul></div>").items
    assert [item.published.day for item in found if item.published] == [20, 21, 22, 23]


def test_an_article_counts_once_with_the_best_of_its_headlines() -> None:
    body = "".join(
        f'<li><a href="/n/{n}-a-long-story"><img src="/{n}.jpg" alt="A picture of it"></a>'
        f'<a href="/n/{n}-a-long-story#x">{title}</a><a href="/n/{n}-a-long-story">Read more</a></li>'
        for n, title in enumerate(FOUR)
    )
    found = items(body)
    assert [item.title for item in found] == list(FOUR)
    assert found[0].images


def test_an_article_that_is_linked_from_everywhere_stays_small() -> None:
    more = "".join(f'<div><a href="/n/1-a-long-story">{FOUR[0]}</a><p>x{n}</p></div>' for n in range(50))
    assert len(items(rows(*FOUR) + more)) == 4
