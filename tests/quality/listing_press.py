"""Listing pages of authorities, companies and old sites: tables, documents, lists without a single class."""

from __future__ import annotations

from tests.quality.listing_stories import FOOTER, NAV, Made, case, html, menu, stories

GOV = "https://www.ministry.example.org"


@case(f"{GOV}/press/releases")
def press_table() -> Made:
    found = stories(25, 51)
    rows = "".join(
        f'<tr class="{"odd" if i % 2 else "even"}"><td headers="view-date" class="views-field">{s.at:%m/%d/%Y}</td><td class="views-field views-field-title"><a href="/press/releases/{s.n}">{s.title}</a></td><td><a href="/files/pr-{s.n}.pdf">PDF</a></td></tr>'
        for i, s in enumerate(found)
    )
    pager = "".join(
        f'<li class="pager__item"><a href="?page={i}" title="Go to page {i}">{i}</a></li>' for i in range(1, 9)
    )
    body = f'<div class="usa-banner"><a href="/how-you-know">An official website of a government that does not exist</a></div>{NAV}<div class="region-content"><h1>Press releases</h1><table class="views-table"><thead><tr><th><a href="?order=date&sort=asc">Date</a></th><th>Title</th></tr></thead><tbody>{rows}</tbody></table><nav class="pager"><ul>{pager}<li class="pager__item--next"><a href="?page=1" rel="next">Next page</a></li></ul></nav></div>{FOOTER}'
    return html(body), [f"/press/releases/{s.n}" for s in found], [s.title for s in found]


@case("http://www.town.example.net/news/index.htm")
def tables_and_fonts() -> Made:
    found = stories(12, 52)
    rows = "".join(
        f'<tr><td valign="top" width="90"><font size="2">{s.at:%d.%m.%Y}</font></td><td><font face="Arial" size="2"><b><a href="item.asp?id={s.n}">{s.title}</a></b><br>{s.teaser}</font></td></tr>'
        for s in found
    )
    left = "".join(
        f'<tr><td><a href="{w}.htm"><font size="1">{w.title()} of the town</font></a></td></tr>'
        for w in ("history", "council", "maps", "parking", "schools", "library")
    )
    body = f'<table width="800"><tr><td colspan="3"><img src="logo.gif"></td></tr><tr><td width="150"><table>{left}</table></td><td><table>{rows}</table></td><td width="100"><a href="http://counter.example.com/"><img src="count.gif"></a></td></tr></table>'
    return (
        f"<html><head><title>News</title></head><body>{body}</body></html>",
        [f"/news/item.asp?id={s.n}" for s in found],
        [s.title for s in found],
    )


@case(f"{GOV}/documents/")
def documents_in_a_list() -> Made:
    found = stories(15, 53)
    rows = "".join(
        f'<li class="gem-c-document-list__item"><div class="gem-c-document-list__item-title"><a class="govuk-link" data-track-index="{i}" href="/government/news/{s.slug}">{s.title}</a></div><p class="gem-c-document-list__item-description">{s.teaser}</p><ul class="gem-c-document-list__item-metadata"><li class="gem-c-document-list__attribute"><span>From:</span> Ministry of Rivers</li><li class="gem-c-document-list__attribute">Updated: <time datetime="{s.day}">{s.at.day} {s.at:%B %Y}</time></li></ul></li>'
        for i, s in enumerate(found)
    )
    facets = "".join(f'<label><input type="checkbox"> {w}</label>' for w in ("Guidance", "News", "Statistics"))
    body = f'<div class="gem-c-cookie-banner"><a href="/help/cookies">View cookies and how we use them</a></div><header>{NAV}</header><main><form class="filter">{facets}<a href="/documents/feed">Get emails about these documents</a></form><div id="results"><ul class="gem-c-document-list">{rows}</ul></div></main>{FOOTER}'
    return html(body), [f"/government/news/{s.slug}" for s in found], [s.title for s in found]


@case("https://corp.example.com/newsroom/")
def newsroom_with_base() -> Made:
    found = stories(10, 54)
    rows = "".join(
        f'<div class="wd_item"><div class="wd_date">{s.at:%b %d, %Y}</div><div class="wd_title"><a href="{s.day}-{s.slug}">{s.title}</a></div><div class="wd_summary"><p>{s.teaser}</p></div></div>'
        for s in found
    )
    body = f'{menu("Company Investors Careers Newsroom", "topnav")}<div class="wd_newsfeed">{rows}</div><div class="wd_event"><h3>Upcoming events</h3><a href="/events/7">Annual meeting of shareholders in the old town hall</a></div>{FOOTER}'
    return (
        html(body, head='<base href="/newsroom/archive/">'),
        [f"/newsroom/archive/{s.day}-{s.slug}" for s in found],
        [s.title for s in found],
    )


@case("https://uni.example.org/aktuelles")
def no_classes_at_all() -> Made:
    found = stories(10, 55, "de")
    rows = "".join(
        f'<div><p>{s.at:%d.%m.%Y}</p><p><a href="/aktuelles/{s.slug}">{s.title}</a></p><p>{s.teaser}</p></div>'
        for s in found
    )
    links = "".join(
        f'<p><a href="/{w}">{w.title()} der Universität</a></p>'
        for w in ("studium", "forschung", "bibliothek", "mensa", "karriere")
    )
    body = f"<div><div>{links}</div><div>{rows}</div></div>"
    return html(body, language="de"), [f"/aktuelles/{s.slug}" for s in found], [s.title for s in found]


@case("https://forum.example.org/news/")
def definition_list() -> Made:
    found = stories(9, 56)
    rows = "".join(
        f'<dt>{s.at.day} {s.at:%B %Y}</dt><dd><a href="/news/{s.at.year}/{s.n}/">{s.title}</a></dd>' for s in found
    )
    body = f'{NAV}<div id="content"><h1>News archive</h1><dl>{rows}</dl></div>{FOOTER}'
    return html(body), [f"/news/{s.at.year}/{s.n}/" for s in found], [s.title for s in found]


@case("https://old.example.net/news.html")
def links_and_line_breaks() -> Made:
    found = stories(14, 57)
    rows = "".join(f'{s.at:%d/%m/%y}: <a href="stories/{s.slug}.html">{s.title}</a><br>\n' for s in found)
    body = f'<h1>Club news</h1><a href="index.html">Home</a> | <a href="join.html">Join the club</a> | <a href="members.html">Members</a><p>{rows}</p><hr><small><a href="mailto:club@example.net">Mail us</a></small>'
    return html(body), [f"/stories/{s.slug}.html" for s in found], [s.title for s in found]


@case("https://court.example.org/decisions")
def rows_with_many_links() -> Made:
    found = stories(12, 58)
    rows = "".join(
        f'<div class="card"><div class="tags"><a href="/tags/civil">civil law</a><a href="/tags/appeal-of-the-year">appeal of the year</a></div><h4 class="card-title"><a href="/decisions/{s.n}/{s.slug}">{s.title}</a></h4><div class="by"><a href="/judges/ada-linden-the-elder">Ada Linden the Elder</a>, {s.at:%d %B %Y}</div><p>{s.teaser}</p><ul class="share"><li><a href="https://twitter.com/intent/tweet?url=x">Tweet this decision to your friends</a></li><li><a href="mailto:?body=x">Mail</a></li></ul><a href="/decisions/{s.n}/{s.slug}#comments">3 comments</a> <a href="/decisions/{s.n}/{s.slug}">Read the full decision</a></div>'
        for s in found
    )
    tags = "".join(
        f'<a class="tag" style="font-size:{i}px" href="/tags/{w}">{w.replace("-", " ")}</a>'
        for i, w in enumerate(
            ("long-running-cases", "water-and-rivers-law", "taxes", "schools", "the-old-bridge-case"), 9
        )
    )
    body = f'{NAV}<div class="cards">{rows}</div><div class="tagcloud">{tags}</div>{FOOTER}'
    return html(body), [f"/decisions/{s.n}/{s.slug}" for s in found], [s.title for s in found]


@case("https://calendar.example.org/news")
def list_beside_a_calendar() -> Made:
    found = stories(8, 59)
    days = "".join(f'<td><a href="/events/2026-11-{d:02}">{d}</a></td>' for d in range(1, 29))
    rows = "".join(
        f'<div class="news-item"><a href="/news/{s.slug}"><strong>{s.title}</strong></a><span class="news-date">{s.at:%d %b}</span></div>'
        for s in found
    )
    events = "".join(
        f'<li><a href="/events/2026-12-{d:02}-concert-in-the-park">Concert in the park, {d} December</a></li>'
        for d in (1, 5, 9)
    )
    body = f'{NAV}<div class="columns"><div class="col-8">{rows}</div><div class="col-4"><div class="widget"><table class="calendar"><tr>{days}</tr></table></div><div class="widget"><h3>Events</h3><ul>{events}</ul></div></div></div>{FOOTER}'
    return html(body), [f"/news/{s.slug}" for s in found], [s.title for s in found]


@case("https://radio.example.org/news")
def attributes_hold_the_titles() -> Made:
    found = stories(10, 60)
    rows = "".join(
        f'<div class="pic-tile"><a href="/news/{s.n}/" title="{s.title}"><img src="/p/{s.n}.jpg" alt="{s.title}"></a><span data-timestamp="{int(s.at.timestamp())}"></span></div>'
        for s in found
    )
    body = f'{NAV}<div class="wall">{rows}</div>{FOOTER}'
    return html(body), [f"/news/{s.n}/" for s in found], [s.title for s in found]


@case("https://paper.test/premium")
def markers_in_titles() -> Made:
    found = stories(12, 61, "ru")
    rows = "".join(
        f'<li><a href="/story/{s.n}">{"🔒 " if i % 3 == 0 else ""}{s.title}</a> <i>{s.at:%d.%m.%Y %H:%M}</i></li>'
        for i, s in enumerate(found)
    )
    body = f'{menu("Новости Мнения Архив", "top")}<div id="list"><ul>{rows}</ul></div>{FOOTER}'
    return html(body, language="ru"), [f"/story/{s.n}" for s in found], [s.title for s in found]


@case("https://mag.example.org/issues/")
def sidebar_named_wrapper() -> Made:
    found = stories(9, 62)
    side = stories(90, 63)[80:86]
    rows = "".join(
        f'<div class="entry"><div class="entry-title"><a href="/{s.at.year}/{s.at.month}/{s.slug}">{s.title}</a></div><div class="entry-summary">{s.teaser}</div></div>'
        for s in found
    )
    other = "".join(f'<li><a href="/{s.at.year}/{s.at.month}/{s.slug}">{s.title}</a></li>' for s in side)
    body = f'<div class="sidebar-layout widget-area">{NAV}<div class="main-column">{rows}</div><div class="sidebar"><h3>From the archive</h3><ul>{other}</ul></div></div>{FOOTER}'
    return html(body), [f"/{s.at.year}/{s.at.month}/{s.slug}" for s in found], [s.title for s in found]


@case("https://trend.example.org/")
def side_boxes_without_classes() -> Made:
    found = stories(10, 64)
    side = stories(90, 65)[70:75]
    rows = "".join(
        f'<div class="n"><a href="/n/{s.n}-{s.slug}.html">{s.title}</a><br><small>{s.at:%H:%M %d.%m.%Y}</small></div>'
        for s in found
    )
    other = "".join(f'<div><a href="/n/{s.n}-{s.slug}.html">{s.title}</a></div>' for s in side)
    body = f'{menu("Home Economy Auto", "z")}<div class="l">{rows}</div><div class="r"><div><b>Most popular</b></div><div>{other}</div></div>{FOOTER}'
    return html(body), [f"/n/{s.n}-{s.slug}.html" for s in found], [s.title for s in found]


@case("https://desk.example.org/news?lang=en")
def query_addresses() -> Made:
    found = stories(10, 66)
    rows = "".join(
        f'<div class="row-news"><span class="d">{s.day}</span><a href="/?module=news&amp;action=view&amp;id={s.n}&amp;lang=en">{s.title}</a></div>'
        for s in found
    )
    body = f'<div class="langs"><a href="/news?lang=fr">Français</a><a href="/news?lang=de">Deutsch</a></div>{menu("Home News Docs", "q")}<div>{rows}</div>'
    return html(body), [f"/?module=news&action=view&id={s.n}&lang=en" for s in found], [s.title for s in found]
