"""Listing pages of newspapers, broadcasters and agencies, with all that stands beside their lists."""

from __future__ import annotations

from tests.quality.listing_stories import FOOTER, NAV, Made, Story, case, html, menu, stories

HOST = "https://www.daily.example.com"


def most_read(prefix: str, found: list[Story], label: str = "Most read", css: str = "most-read") -> str:
    rows = "".join(
        f'<li><span class="num">{i}</span><a href="{prefix}{s.slug}-{s.n}">{s.title}</a></li>'
        for i, s in enumerate(found, 1)
    )
    return f'<section class="{css}"><h3>{label}</h3><ol>{rows}</ol></section>'


@case(f"{HOST}/world")
def cards_with_the_whole_link() -> Made:
    found = stories(18, 21)
    side = stories(30, 22)[20:25]
    rows = "".join(
        f'<li class="css-x{i}"><div class="card card--type-{"media" if i % 4 == 0 else "article"}"><a aria-label="{s.title}" class="overlay" href="/world/{s.path}/{s.slug}"></a>'
        f'<div class="card__body"><h3 class="card__headline"><span class="kicker">{s.rubric} / </span><span class="headline-text">{s.title}</span></h3>'
        f'<div class="trail">{s.teaser}</div></div><footer class="card__footer"><time datetime="{s.stamp}.000Z">{i + 1}h ago</time></footer></div></li>'
        for i, s in enumerate(found)
    )
    body = f'{NAV}<main id="maincontent"><section class="front-container"><h2>World</h2><ul class="u-list">{rows}</ul></section></main><aside>{most_read("/world/2026/11/20/", side)}</aside>{FOOTER}'
    return html(body, title="World news"), [f"/world/{s.path}/{s.slug}" for s in found], [s.title for s in found]


@case(f"{HOST}/news")
def short_ids_and_promos() -> Made:
    found = stories(20, 23)
    ids = [f"c{s.n % 9}x{s.n}y{i}ko" for i, s in enumerate(found)]
    rows = "".join(
        f'<div data-testid="anchor-inner-wrapper" class="sc-a{i}"><a href="/news/articles/{ids[i]}" class="sc-2e6baa30-0 gILusN"><div data-testid="card-image-wrapper"><img src="/i/{i}.jpg" alt="A crowd in front of a hall"></div>'
        f'<div data-testid="card-text-wrapper"><h2 data-testid="card-headline" class="sc-87075214-3">{s.title}</h2><p data-testid="card-description">{s.teaser}</p>'
        f'<div class="meta"><span data-testid="card-metadata-lastupdated">{i + 1} hrs ago</span><span data-testid="card-metadata-tag">{s.rubric}</span></div></div></a></div>'
        for i, s in enumerate(found)
    )
    topics = "".join(
        f'<li><a href="/news/topics/c{i}pzk8mv">{name}</a></li>'
        for i, name in enumerate(("War in the north", "Climate and science today", "Election results in full"))
    )
    body = f'{NAV}<main><article><section><ul class="topics">{topics}</ul></section><section data-testid="nevada-section"><div>{rows}</div></section></article></main>{FOOTER}'
    return html(body), [f"/news/articles/{one}" for one in ids], [s.title for s in found]


@case(f"{HOST}/politik/")
def kicker_and_title_in_one_link() -> Made:
    found = stories(15, 24, "de")
    rows = "".join(
        f'<article class="teaser teaser--{"paid" if i % 3 == 0 else "free"}" data-area="article"><header><h2><a href="{HOST}/politik/{s.slug}-a-{s.n}" title="{s.title}"><span class="teaser__kicker">{s.rubric}</span>'
        f'<span class="teaser__title">{s.title}</span></a></h2></header>{"<span class=paid-icon aria-label=Abo>+</span>" if i % 3 == 0 else ""}<p class="teaser__text"><a href="{HOST}/politik/{s.slug}-a-{s.n}">{s.teaser}</a> <span class="author">Von {s.author}</span></p>'
        f"<footer><span>{s.at:%d. %m. %Y}, {s.at:%H.%M} Uhr</span></footer></article>"
        for i, s in enumerate(found)
    )
    body = f'<div class="layout-with-sidebar"><header class="page-header">{NAV}</header><div class="content-and-sidebar"><section class="zone">{rows}</section></div></div><section class="newsletter-box"><h3>Newsletter</h3><a href="/newsletter/">Jetzt kostenlos bestellen und täglich lesen</a></section>{FOOTER}'
    return html(body, language="de"), [f"/politik/{s.slug}-a-{s.n}" for s in found], [s.title for s in found]


@case("https://lenta.example.net/rubrics/world/")
def times_and_cards_in_cyrillic() -> Made:
    found = stories(24, 25, "ru")
    rows = "".join(
        f'<li class="rubric-page__item _news"><a class="card-full-news _rubric" href="/news/{s.path}/n{s.n}/"><h3 class="card-full-news__title">{s.title}</h3><div class="card-full-news__info">'
        f'<div class="card-full-news__info-item"><time class="card-full-news__info-item card-full-news__date">{s.at:%H:%M}, {s.at.day} ноября 2026</time></div><span class="card-full-news__rubric">Мир</span></div></a></li>'
        for s in found
    )
    hot = "".join(
        f'<li><a class="card-mini _topnews" href="/articles/{s.path}/k{s.n}/"><span class="card-mini__title">{s.title}</span></a></li>'
        for s in stories(40, 26, "ru")[30:36]
    )
    body = f'{menu("Россия Мир Экономика Культура Спорт", "menu__nav")}<div class="rubric-page"><div class="rubric-page__main"><ul class="rubric-page__list">{rows}</ul><button>Показать ещё</button></div><div class="sidebar"><h2>Популярное</h2><ul>{hot}</ul></div></div><footer><a href="/info/posts/about/">О редакции и правилах</a></footer>'
    return html(body, language="ru"), [f"/news/{s.path}/n{s.n}/" for s in found], [s.title for s in found]


@case("https://agency.example.net/world/")
def agency_list_with_tags() -> Made:
    found = stories(20, 27, "ru")
    rows = "".join(
        f'<div class="list-item"><div class="list-item__content"><a href="https://agency.example.net/{s.at:%Y%m%d}/{s.slug.split("-")[0]}-{s.n}.html" class="list-item__image"><picture><img alt="{s.title}" title="{s.title}" src="/i/{s.n}.jpg" width="436"></picture></a>'
        f'<a href="https://agency.example.net/{s.at:%Y%m%d}/{s.slug.split("-")[0]}-{s.n}.html" class="list-item__title color-font-hover-only">{s.title}</a></div><div class="list-item__info"><div class="list-item__date">{s.at.day} ноября, {s.at:%H:%M}</div>'
        f'<div class="list-item__views"><div class="list-item__views-text">{s.n % 900}</div></div></div><div class="list-item__tags"><div class="list-item__tags-list"><a class="list-tag" href="/world/"><span class="list-tag__text">В мире</span></a>'
        f'<a class="list-tag" href="/location_port/"><span class="list-tag__text">Новости порта и города</span></a></div></div></div>'
        for s in found
    )
    body = f'<div class="header__menu">{NAV}</div><div class="layout-rubric__main"><div class="list list-tags">{rows}</div><div class="list-more" data-url="/services/world/more.html">Еще 20 материалов</div></div>{FOOTER}'
    return (
        html(body, language="ru"),
        [f"/{s.at:%Y%m%d}/{s.slug.split('-')[0]}-{s.n}.html" for s in found],
        [s.title for s in found],
    )


@case("https://portal.example.by.test/")
def tiles_and_a_lead() -> Made:
    found = stories(13, 28, "be")
    lead, rest = found[0], found[1:]
    first = f'<div class="main-tile"><a class="main-tile__link" href="/{lead.path}/{lead.slug}"><div class="main-tile__caption"><span class="main-tile__title">{lead.title}</span><div class="main-tile__lead">{lead.teaser}</div></div></a></div>'
    rows = "".join(
        f'<div class="news-tidings__item news-tidings__item_1of3"><a class="news-tidings__stub" href="/{s.path}/{s.slug}"></a><div class="news-tidings__image" style="background-image:url(/i/{s.n}.jpg)"></div>'
        f'<div class="news-tidings__subtitle"><a class="news-tidings__link" href="/{s.path}/{s.slug}"><span class="news-helpers_hide_mobile-small">{s.title}</span></a></div><div class="news-tidings__speech">{s.teaser}</div>'
        f'<div class="news-tidings__control"><div class="news-tidings__time">{s.at.day} лістапада 2026 у {s.at:%H:%M}</div><a class="button-style" href="/{s.path}/{s.slug}#comments">{s.n % 90}</a></div></div>'
        for s in rest
    )
    body = f'{menu("Навіны Людзі Грошы Тэхналогіі Нерухомасць", "project-navigation")}{first}<div class="news-grid"><h2><a href="/people">Людзі і падзеі</a></h2>{rows}</div>{FOOTER}'
    return html(body, language="be"), [f"/{s.path}/{s.slug}" for s in found], [s.title for s in found]


@case("https://www.lejournal.test/politique/")
def le_journal() -> Made:
    found = stories(16, 29, "fr")
    rows = "".join(
        f'<section class="teaser {"teaser--inline-picture" if i % 2 else ""}"><a class="teaser__link" href="https://www.lejournal.test/politique/article/{s.path}/{s.slug}_{s.n}_823448.html"><div class="teaser__picture"><img src="{s.n}.jpg" alt=""></div>'
        f'<h3 class="teaser__title">{"<span class=icon__premium><span class=sr-only>Article réservé aux abonnés</span></span>" if i % 2 else ""}{s.title}</h3><p class="teaser__desc">{s.teaser}</p></a>'
        f'<span class="meta__publisher"><span class="meta__date">Publié le {s.at.day} novembre 2026 à {s.at:%H}h{s.at:%M}</span> <span class="meta__author">{s.author}</span></span></section>'
        for i, s in enumerate(found)
    )
    body = f'<header>{NAV}</header><main><section id="river" class="river">{rows}</section></main><section class="services"><h4>Services</h4><ul>{"".join(f"<li><a href=https://partners.example.net/{w}>Service {w} pour nos lecteurs</a></li>" for w in ("emploi", "codes-promo", "cours-anglais"))}</ul></section>{FOOTER}'
    return (
        html(body, language="fr"),
        [f"/politique/article/{s.path}/{s.slug}_{s.n}_823448.html" for s in found],
        [s.title for s in found],
    )


@case("https://shimbun.example.org/politics/")
def japanese_list() -> Made:
    found = stories(15, 30, "ja")
    rows = "".join(
        f'<li><a href="/articles/AS{s.n}C.html"><span class="Title">{s.title}</span><span class="Time">（{s.at.month}月{s.at.day}日 {s.at:%H:%M}）</span></a></li>'
        for s in found
    )
    body = f'<div id="GlobalNav"><ul><li><a href="/national/">社会</a></li><li><a href="/business/">経済</a></li><li><a href="/sports/">スポーツ</a></li></ul></div><div id="MainInner"><div class="SectionFst"><h2>政治</h2><ul class="List">{rows}</ul></div></div><div id="SiteFooter"><a href="/policy.html">プライバシーポリシー</a></div>'
    return html(body, language="ja"), [f"/articles/AS{s.n}C.html" for s in found], [s.title for s in found]


@case("https://wire.test/latest")
def days_over_times() -> Made:
    found = stories(24, 31)
    body, last = "", ""
    for s in found:
        if s.day != last:
            body += f'<h3 class="day">{s.at:%A, %d %B %Y}</h3>'
            last = s.day
        body += f'<div class="item"><span class="t">{s.at:%H:%M}</span> <a href="/latest/{s.n}">{s.title}</a></div>'
    page = f'<div id="top">{menu("Latest World Markets Sport", "m")}</div><div id="feed">{body}</div>{FOOTER}'
    return html(page), [f"/latest/{s.n}" for s in found], [s.title for s in found]


@case(f"{HOST}/")
def a_front_of_many_boxes() -> Made:
    found = stories(36, 32)
    boxes = ""
    for start in range(4, 36, 8):
        part = found[start : start + 8]
        first = part[0]
        boxes += f'<section class="box"><div class="box-head"><h2><a href="/{first.rubric.lower()}/">{first.rubric} news and analysis</a></h2></div><div class="grid"><div class="big"><a href="/{first.rubric.lower()}/{first.slug}-{first.n}.html"><img src="/i/{first.n}.jpg" alt="{first.title}"></a><h3><a href="/{first.rubric.lower()}/{first.slug}-{first.n}.html">{first.title}</a></h3><p>{first.teaser}</p></div><ul class="small">'
        boxes += (
            "".join(f'<li><a href="/{s.rubric.lower()}/{s.slug}-{s.n}.html">{s.title}</a></li>' for s in part[1:])
            + "</ul></div></section>"
        )
    top = found[0]
    hero = (
        f'<div class="hero"><a href="/{top.rubric.lower()}/{top.slug}-{top.n}.html"><h1>{top.title}</h1></a><ul class="sub-links">'
        + "".join(f'<li><a href="/{s.rubric.lower()}/{s.slug}-{s.n}.html">{s.title}</a></li>' for s in found[1:4])
        + "</ul></div>"
    )
    ads = "".join(
        f'<div class="ad"><a href="https://ads.example.net/click?id={i}" rel="sponsored">Buy the best shoes of the year number {i}</a></div>'
        for i in range(4)
    )
    body = f'<header class="masthead">{NAV}</header><main>{hero}{boxes}{ads}</main><div class="partners"><h4>From our partners</h4><a href="https://casino.example.net/x">You will not believe what this man did next</a></div>{FOOTER}'
    return html(body), [f"/{s.rubric.lower()}/{s.slug}-{s.n}.html" for s in [found[0], *found[4:]]] + [
        f"/{s.rubric.lower()}/{s.slug}-{s.n}.html" for s in found[1:4]
    ]


@case(f"{HOST}/sport")
def hero_and_list_twice() -> Made:
    found = stories(11, 33)
    rows = "".join(
        f'<div class="story"><a href="/sport/{s.slug}/?utm_source=l{i}"><img src="/i/{s.n}.jpg"></a><a href="/sport/{s.slug}/?utm_source=l{i}" class="story-title" title="{s.title}">{s.title[:28].rstrip()}…</a></div>'
        for i, s in enumerate(found)
    )
    slides = "".join(
        f'<div class="slide"><a href="/sport/{s.slug}/?utm_source=top"><span class="slide-text">{s.title}</span></a></div>'
        for s in found[:3]
    )
    body = f'{NAV}<div class="slider">{slides}</div><div class="stories">{rows}</div><div class="pagination"><a href="/sport?page=2">2</a><a href="/sport?page=3">3</a><a class="next" href="/sport?page=2">Next »</a></div>{FOOTER}'
    return html(body), [f"/sport/{s.slug}/" for s in found], [s.title for s in found]


@case("https://video.example.org/latest")
def videos_with_durations() -> Made:
    found = stories(12, 34)
    rows = "".join(
        f'<div class="tile"><a class="thumb" href="/watch/{s.n}-{s.slug}"><img src="/t/{s.n}.jpg" alt=""><span class="duration">0{i}:42</span></a><a class="name" href="/watch/{s.n}-{s.slug}">{s.title}</a><div class="by"><a href="/channel/harbour-news-tonight">Harbour news tonight</a> <span>{i + 2} days ago</span></div></div>'
        for i, s in enumerate(found)
    )
    body = f'{NAV}<div class="tiles">{rows}</div><div class="channels"><h2>Channels</h2>{"".join(f"<a href=/channel/the-{w}-hour-with-ada>The {w} hour with Ada</a>" for w in ("music", "garden", "history"))}</div>{FOOTER}'
    return html(body), [f"/watch/{s.n}-{s.slug}" for s in found], [s.title for s in found]


@case(f"{HOST}/latest")
def incomplete_statements() -> Made:
    found = stories(20, 35)
    import json

    stated = {
        "@context": "https://schema.org",
        "@type": "ItemList",
        "itemListElement": [
            {"@type": "ListItem", "position": i, "url": f"{HOST}/a/{s.slug}-{s.n}"} for i, s in enumerate(found[:6], 1)
        ],
    }
    crumbs = {
        "@context": "https://schema.org",
        "@type": "BreadcrumbList",
        "itemListElement": [
            {
                "@type": "ListItem",
                "position": 1,
                "name": "Home of the paper",
                "item": f"{HOST}/section/home-page-of-news",
            }
        ],
    }
    rows = "".join(
        f'<div class="flex"><a href="/a/{s.slug}-{s.n}"><div>{s.title}</div></a><div>{s.at:%d %b %Y}</div></div>'
        for s in found
    )
    body = f"{menu('World Business Opinion', 'x')}<div><div>{rows}</div></div>{FOOTER}"
    head = f'<script type="application/ld+json">{json.dumps([stated, crumbs])}</script>'
    return html(body, head=head), [f"/a/{s.slug}-{s.n}" for s in found], [s.title for s in found]


@case(f"{HOST}/topics/river")
def only_stated() -> Made:
    found = stories(8, 36)
    import json

    graph = {
        "@context": "https://schema.org",
        "@graph": [
            {
                "@type": "NewsArticle",
                "headline": s.title,
                "url": f"{HOST}/{s.slug}",
                "datePublished": f"{s.stamp}Z",
                "author": {"@type": "Person", "name": s.author},
                "isAccessibleForFree": "False",
            }
            for s in found
        ],
    }
    body = f'{NAV}<div id="root"><noscript>Enable JavaScript</noscript></div>{FOOTER}'
    return (
        html(body, head=f'<script type="application/ld+json">{json.dumps(graph)}</script>'),
        [f"/{s.slug}" for s in found],
        [s.title for s in found],
    )


@case(f"{HOST}/culture")
def microdata_blog() -> Made:
    found = stories(9, 37)
    rows = "".join(
        f'<div itemprop="blogPost" itemscope itemtype="https://schema.org/BlogPosting"><h2 itemprop="headline"><a itemprop="url" href="/culture/{s.n}">{s.title}</a></h2><meta itemprop="datePublished" content="{s.day}"><span itemprop="author">{s.author}</span><div itemprop="description">{s.teaser}</div></div>'
        for s in found
    )
    body = f'{NAV}<div itemscope itemtype="https://schema.org/Blog">{rows}</div>{FOOTER}'
    return html(body), [f"/culture/{s.n}" for s in found], [s.title for s in found]


@case(f"{HOST}/news/uk")
def every_item_is_a_promo() -> Made:
    found = stories(16, 38)
    rows = "".join(
        f'<div class="promo gel-layout__item"><div class="promo-body"><a class="promo-link faux-block-link" href="/news/uk-{s.n}"><h3 class="promo-heading__title">{s.title}</h3></a><p class="promo-summary">{s.teaser}</p><ul class="meta-info"><li><time datetime="{s.stamp}.000Z"><span class="visually-hidden">{s.day}</span><span>{i + 1}h</span></time></li><li><a href="/news/{s.rubric.lower()}">{s.rubric}</a></li></ul></div></div>'
        for i, s in enumerate(found)
    )
    body = f'{NAV}<div id="index-page"><div class="index-title"><h1>UK</h1></div><div class="gel-layout">{rows}</div></div>{FOOTER}'
    return html(body), [f"/news/uk-{s.n}" for s in found], [s.title for s in found]


@case(f"{HOST}/economy")
def a_menu_with_stories_in_it() -> Made:
    found = stories(14, 39)
    other = stories(80, 40)[60:66]
    mega = "".join(
        f'<li class="has-sub"><a href="/{w}/">{w.title()}</a><div class="mega"><a href="/economy/{s.slug}-{s.n}"><img src="x.jpg"><span>{s.title}</span></a></div></li>'
        for w, s in zip(("world", "money", "arts", "auto", "sport", "life"), other, strict=True)
    )
    rows = "".join(
        f'<article class="item"><a class="img" href="/economy/{s.slug}-{s.n}"><img data-src="/i/{s.n}.jpg"></a><div class="txt"><a class="cat" href="/economy/markets-and-money-today">Markets and money today</a><a class="ttl" href="/economy/{s.slug}-{s.n}">{s.title}</a><span class="dt">{s.at:%d.%m.%Y, %H:%M}</span></div></article>'
        for s in found
    )
    body = f'<header><nav class="primary"><ul>{mega}</ul></nav></header><div class="wrap">{rows}</div><div class="ad-slot"><a href="https://shop.example.net/deal-of-the-day-for-you">The deal of the day for you only</a></div>{FOOTER}'
    return html(body), [f"/economy/{s.slug}-{s.n}" for s in found], [s.title for s in found]


@case(f"{HOST}/live")
def list_of_a_form_page() -> Made:
    found = stories(12, 41)
    rows = "".join(
        f'<div class="nwslist"><span class="nwsdate">{s.at:%d/%m/%Y}</span><a id="ctl00_rpt_ctl{i:02}_lnk" href="NewsDetail.aspx?ID={s.n}">{s.title}</a></div>'
        for i, s in enumerate(found)
    )
    left = "".join(
        f'<li><a href="Page.aspx?Menu={i}">{label}</a></li>'
        for i, label in enumerate(
            (
                "About the agency and its work",
                "Our director and his office",
                "Vacancies",
                "Public procurement in this year",
            )
        )
    )
    body = f'<form method="post" action="./News.aspx" id="aspnetForm"><div id="leftMenu"><ul>{left}</ul></div><div id="ctl00_content">{rows}<a id="ctl00_more" href="News.aspx?page=2">Next</a></div></form>'
    return html(body, language="fr"), [f"/NewsDetail.aspx?ID={s.n}" for s in found], [s.title for s in found]


@case(f"{HOST}/latest-news")
def kicker_links_and_bylines() -> Made:
    found = stories(15, 42)
    rows = "".join(
        f'<div class="views-row"><div class="field-category"><a href="/section/international-affairs-{s.rubric.lower()}">International affairs and {s.rubric}</a></div><div class="field-title"><span><a href="/content/{s.slug}" hreflang="en">{s.title}</a></span></div><div class="field-body">{s.teaser}</div><div class="submitted">Submitted by <a href="/people/ada-linden-correspondent">Ada Linden, correspondent</a> on {s.at:%a, %m/%d/%Y - %H:%M}</div><ul class="links"><li><a href="/content/{s.slug}" title="{s.title}">Read more<span class="visually-hidden"> about {s.title}</span></a></li><li><a href="/content/{s.slug}#comment-form">Add new comment</a></li></ul></div>'
        for s in found
    )
    body = f'{NAV}<div class="view-content">{rows}</div><ul class="js-pager__items"><li><a href="?page=1" rel="next">Load more</a></li></ul>{FOOTER}'
    return html(body), [f"/content/{s.slug}" for s in found], [s.title for s in found]
