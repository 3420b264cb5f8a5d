"""Which links are the list; how well that goes over whole pages is measured in `tests/quality/listings.py`."""

from __future__ import annotations

from feeds.sources.page.links import links_of
from feeds.sources.page.lists import Choice, choose
from tests.pages import FOUR, page, rows

LIST = f'<ul class="list">{rows(*FOUR)}</ul>'


def chosen(body: str, stated: tuple[str, ...] = (), learned: str | None = None) -> Choice | None:
    return choose(links_of(page(body)), dict.fromkeys(stated, ""), learned)


def texts(choice: Choice | None) -> list[str]:
    return [link.text for link in choice.links] if choice is not None else []


def test_links_that_stand_alike_are_the_list() -> None:
    choice = chosen(f'<p><a href="/about">About</a></p>{LIST}')
    assert choice is not None
    assert texts(choice) == list(FOUR)
    assert choice.how == "structure"
    assert choice.signature == "a<li<ul.list<body"


def test_what_told_the_list() -> None:
    headed = chosen("".join(f'<h2><a href="/n/{n}-a-long-story">{title}</a></h2>' for n, title in enumerate(FOUR)))
    assert headed is not None
    assert headed.how == "headings"
    said = chosen(LIST, tuple(f"n.example/n/{n}-a-long-story" for n in (1, 2)))
    assert said is not None
    assert said.how == "stated"


def test_a_page_without_links_or_with_a_menu_alone_has_no_list() -> None:
    assert chosen("<p>x</p>") is None
    assert chosen('<nav><a href="/a/">Home</a><a href="/b/">World</a></nav>') is None
    assert chosen('<div><a href="/a/">Home</a><a href="/b/">World</a></div>') is None


def test_short_headlines_are_a_list_where_something_else_says_so() -> None:
    short = "".join(f'<li><a href="/{name}/">{name}</a></li>' for name in ("tea", "bread", "snow"))
    assert texts(chosen(f"<main><ul>{short}</ul></main>")) == ["tea", "bread", "snow"]


def test_stories_elsewhere_that_look_like_those_of_the_list_belong_to_it() -> None:
    lead = '<section><a href="/n/9-the-lead-story">The lead story of the day</a></section>'
    assert texts(chosen(lead + LIST)) == ["The lead story of the day", *FOUR]
    other = '<section><a href="/video/9-the-lead-story">The video of the day</a></section>'
    six = (*FOUR, "Ferry runs late again today", "Bridge to the island is closed")
    assert texts(chosen(f"{other}<ul>{rows(*six)}</ul>")) == list(six)
    stated = ("n.example/video/9-the-lead-story",)
    assert texts(chosen(other + LIST, stated)) == ["The video of the day", *FOUR]


def test_boxes_of_what_others_read_are_left_out() -> None:
    box = "<div><h4>Самое читаемое</h4><ol>" + "".join(
        f'<li><b><a href="/n/{n}-another-long-story">Another story of this paper, number {n}</a></b></li>'
        for n in range(4)
    )
    assert texts(chosen(LIST + box + "</ol></div>")) == list(FOUR)
    before = "<h4>Most read</h4>\n<ol>" + box.partition("<ol>")[2]
    assert texts(chosen(f"{LIST}<div>{before}</ol></div>")) == list(FOUR)


def test_advertisers_are_left_out_and_other_sites_are_not_where_the_list_leads_there() -> None:
    advert = '<li><a href="https://ads.example.net/click-here-now-and-buy">The best shoes of all times</a></li>'
    assert texts(chosen(f'<ul class="list">{rows(*FOUR)}{advert}</ul>')) == list(FOUR)
    elsewhere = '<p><a href="https://x.example.net/a-story-of-it">Another story of another site</a></p>'
    assert texts(chosen(elsewhere + LIST)) == list(FOUR)
    away = "".join(
        f'<li><a href="https://s{n}.example.net/a-story-of-{n}">{title}</a></li>' for n, title in enumerate(FOUR)
    )
    assert texts(chosen(f"<ul>{away}</ul>")) == list(FOUR)
    assert len(texts(choose(links_of(page(f"<ul>{away}</ul>", None)), {}))) == 4


def test_labels_and_links_to_people_are_no_articles() -> None:
    label = "<p>" + "word " * 30 + '<a href="/n/7-another-long-story">another long story</a></p>'
    assert texts(chosen(f"<ul>{rows(*FOUR, inside=label)}</ul>")) == list(FOUR)
    label = (
        '<a class="rubric" href="/news-of-the-old-town">News of the old town</a> <a rel="author" '
        'href="/p/ada-the-first-linden">Ada the First Linden</a>'
    )
    assert texts(chosen(f"<ul>{rows(*FOUR, inside=label)}</ul>")) == list(FOUR)


def test_pages_of_the_house_at_the_root_are_no_articles() -> None:
    house = '<p><a href="/how-we-work-and-why">How we work</a></p><p><a href="/">Our front page of today</a></p>'
    root = "".join(f'<li><a href="/a-long-story-of-{n}">{title}</a></li>' for n, title in enumerate(FOUR))
    assert texts(chosen(f"<ul>{root}</ul>{house}")) == list(FOUR)


def test_what_was_learned_goes_before_what_scores_better() -> None:
    louder = "".join(
        f'<h2><a href="/big/{n}-a-very-long-story">{title} again</a></h2>' for n, title in enumerate(FOUR * 3)
    )
    first = chosen(LIST)
    assert first is not None
    again = chosen(f"<main>{louder}</main>{LIST}", learned=first.signature)
    assert again is not None
    assert again.signature == first.signature
    assert FOUR[0] in texts(again)
    afresh = chosen(f"<main>{louder}</main>", learned=first.signature)
    assert afresh is not None
    assert afresh.signature == "a<h2<main<body"
