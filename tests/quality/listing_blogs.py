"""Listing pages of blogs and of site generators, in the markup that their themes have in common."""

from __future__ import annotations

from tests.quality.listing_stories import FOOTER, NAV, Made, case, html, menu, stories

ROOT = "https://blog.example.org"


@case(f"{ROOT}/")
def wordpress_classic() -> Made:
    found = stories(10, 1)
    rows = "".join(
        f'<article id="post-{s.n}" class="post-{s.n} post type-post status-publish format-standard hentry category-news">'
        f'<header class="entry-header"><h2 class="entry-title"><a href="{ROOT}/{s.path}/{s.slug}/" rel="bookmark">{s.title}</a></h2>'
        f'<div class="entry-meta"><span class="posted-on"><a href="{ROOT}/{s.path}/{s.slug}/"><time class="entry-date published" '
        f'datetime="{s.stamp}+00:00">{s.at:%B %d, %Y}</time></a></span> <span class="byline">by <a class="url fn n" '
        f'href="{ROOT}/author/desk/">{s.author}</a></span></div></header><div class="entry-content"><p>{s.teaser} '
        f'<a class="more-link" href="{ROOT}/{s.path}/{s.slug}/#more-{s.n}">Continue reading <span class="screen-reader-text">{s.title}</span></a></p></div>'
        f'<footer class="entry-footer"><span class="cat-links"><a href="{ROOT}/category/{s.rubric.lower()}/" rel="category tag">{s.rubric}</a></span>'
        f'<span class="tags-links"><a href="{ROOT}/tag/city-council-budget/" rel="tag">city council budget</a></span>'
        f'<span class="comments-link"><a href="{ROOT}/{s.path}/{s.slug}/#comments">12 Comments<span class="screen-reader-text"> on {s.title}</span></a></span></footer></article>'
        for s in found
    )
    recent = "".join(f'<li><a href="{ROOT}/{s.path}/{s.slug}/">{s.title}</a></li>' for s in found[:5])
    months = "".join(
        f'<li><a href="{ROOT}/2026/{m:02}/">{name} 2026</a></li>'
        for m, name in ((11, "November"), (10, "October"), (9, "September"))
    )
    side = (
        f'<aside id="secondary" class="widget-area"><section class="widget widget_recent_entries"><h2>Recent Posts</h2><ul>{recent}</ul></section>'
        f'<section class="widget widget_archive"><h2>Archives</h2><ul>{months}</ul></section></aside>'
    )
    pages = (
        '<nav class="navigation posts-navigation"><div class="nav-links"><a href="/page/2/">Older posts</a></div></nav>'
    )
    body = f'<div id="page" class="site"><header id="masthead" class="site-header">{NAV}</header><div id="content" class="site-content"><main id="main">{rows}{pages}</main>{side}</div>{FOOTER}</div>'
    return html(body, title="A blog"), [f"{ROOT}/{s.path}/{s.slug}/" for s in found], [s.title for s in found]


@case(f"{ROOT}/")
def wordpress_blocks() -> Made:
    found = stories(9, 2)
    rows = "".join(
        f'<li class="wp-block-post post-{s.n} post type-post"><figure class="wp-block-post-featured-image"><a href="{ROOT}/{s.slug}/">'
        f'<img src="/wp-content/{s.n}.jpg" alt="" width="600" height="400"></a></figure><h2 class="wp-block-post-title"><a href="{ROOT}/{s.slug}/" target="_self">'
        f'{s.title}</a></h2><div class="wp-block-post-excerpt"><p class="wp-block-post-excerpt__excerpt">{s.teaser}</p></div>'
        f'<div class="wp-block-post-date"><time datetime="{s.day}T10:00:00+00:00"><a href="{ROOT}/{s.slug}/">{s.at:%b %d, %Y}</a></time></div></li>'
        for s in found
    )
    body = f'<div class="wp-site-blocks">{NAV}<main class="wp-block-group"><ul class="wp-block-post-template">{rows}</ul><a class="wp-block-query-pagination-next" href="/page/2/">Next Page</a></main>{FOOTER}</div>'
    return html(body), [f"{ROOT}/{s.slug}/" for s in found], [s.title for s in found]


@case(f"{ROOT}/")
def ghost_casper() -> Made:
    found = stories(12, 3)
    rows = "".join(
        f'<article class="post-card post {"keep-ratio" if i % 3 else "post-card-large"}"><a class="post-card-image-link" href="/{s.slug}/"><img class="post-card-image" '
        f'srcset="/content/{s.n}.jpg 300w, /content/b{s.n}.jpg 600w" alt="{s.title}" loading="lazy"/></a><div class="post-card-content"><a class="post-card-content-link" href="/{s.slug}/">'
        f'<header class="post-card-header"><div class="post-card-tags"><span class="post-card-primary-tag">{s.rubric}</span></div><h2 class="post-card-title">{s.title}</h2></header>'
        f'<div class="post-card-excerpt">{s.teaser}</div></a><footer class="post-card-meta"><time class="post-card-meta-date" datetime="{s.day}">{s.at:%d %b %Y}</time>'
        f'<span class="post-card-meta-length">4 min read</span></footer></div></article>'
        for i, s in enumerate(found)
    )
    body = f'<div class="viewport"><header id="gh-head" class="gh-head outer"><a class="gh-head-logo" href="/">Journal</a>{NAV}</header><main id="site-main" class="site-main outer"><div class="inner posts"><div class="post-feed">{rows}</div></div></main>{FOOTER}</div>'
    return html(body), [f"/{s.slug}/" for s in found], [s.title for s in found]


@case(f"{ROOT}/posts/")
def hugo_paper() -> Made:
    found = stories(7, 4)
    rows = "".join(
        f'<article class="post-entry{" first-entry" if not i else ""}"><header class="entry-header"><h2>{s.title}</h2></header><div class="entry-content"><p>{s.teaser}</p></div>'
        f'<footer class="entry-footer"><span title="{s.at}">{s.at:%B %d, %Y}</span>&nbsp;·&nbsp;5 min&nbsp;·&nbsp;{s.author}</footer>'
        f'<a class="entry-link" aria-label="post link to {s.title}" href="{ROOT}/posts/{s.slug}/"></a></article>'
        for i, s in enumerate(found)
    )
    body = f'<header class="header">{NAV}</header><main class="main"><header class="page-header"><h1>Posts</h1></header>{rows}</main>{FOOTER}'
    return html(body), [f"/posts/{s.slug}/" for s in found], [s.title for s in found]


@case(f"{ROOT}/archive/")
def dates_and_links() -> Made:
    found = stories(30, 5)
    rows = "".join(
        f'<li><span>{s.day}</span> » <a href="/{s.path[:7]}/{s.slug}.html">{s.title}</a></li>' for s in found
    )
    body = f'<h1><a href="/">A developer\'s notes</a></h1><p><a href="/about.html">about</a> <a href="/feed.xml">rss</a> <a href="/projects.html">projects</a></p><ul>{rows}</ul>'
    return html(body), [f"/{s.path[:7]}/{s.slug}.html" for s in found], [s.title for s in found]


@case(f"{ROOT}/")
def jekyll_minima() -> Made:
    found = stories(8, 6)
    rows = "".join(
        f'<li><span class="post-meta">{s.at:%b %d, %Y}</span><h3><a class="post-link" href="/{s.rubric.lower()}/{s.path}/{s.slug}.html">{s.title}</a></h3></li>'
        for s in found
    )
    body = f'<header class="site-header" role="banner"><div class="wrapper"><a class="site-title" rel="author" href="/">Notes</a>{NAV}</div></header><main class="page-content" aria-label="Content"><div class="wrapper"><div class="home"><h2 class="post-list-heading">Posts</h2><ul class="post-list">{rows}</ul></div></div></main>{FOOTER}'
    return html(body), [f"/{s.rubric.lower()}/{s.path}/{s.slug}.html" for s in found], [s.title for s in found]


@case(f"{ROOT}/")
def short_titles_by_year() -> Made:
    names = "Notes|Tea|On silence|Walking|Rust again|A map|Ten rules|Winter|Keyboards|Bread".split("|")
    rows = "".join(
        f'<li class="item"><time datetime="2026-{11 - i:02}-03">{11 - i:02}-03</time> <a href="/{name.lower().replace(" ", "-")}/">{name}</a></li>'
        for i, name in enumerate(names)
    )
    body = f'<header><a href="/">home</a> <a href="/about/">about</a> <a href="/now/">now</a> <a href="/uses/">uses</a></header><main><h2>2026</h2><ul class="posts">{rows}</ul></main><footer><a href="/rss.xml">rss</a> <a href="https://git.example.net/me">code</a></footer>'
    return html(body), [f"/{name.lower().replace(' ', '-')}/" for name in names], names


@case(f"{ROOT}/")
def microformats() -> Made:
    found = stories(6, 7)
    rows = "".join(
        f'<div class="h-entry"><a class="u-url p-name" href="/n/{s.n}">{s.title}</a> <p class="p-summary">{s.teaser}</p><time class="dt-published" datetime="{s.stamp}Z">{s.at:%H:%M}</time>'
        f'<a class="p-category" href="/tag/ferries">ferries</a> <span class="p-author h-card">{s.author}</span></div>'
        for s in found
    )
    body = f'<div class="h-card"><a href="/" class="u-url">Me</a> <a rel="me" href="https://social.example.net/@me">elsewhere</a></div><div class="h-feed">{rows}</div>'
    return html(body), [f"/n/{s.n}" for s in found], [s.title for s in found]


@case("https://links.example.net/")
def aggregator_in_a_table() -> Made:
    found = stories(20, 8)
    hosts = ("paper.example.org", "lab.example.com", "wire.test", "code.example.net", "gazette.test")
    rows, urls = "", []
    for i, s in enumerate(found, 1):
        url = f"https://{hosts[i % 5]}/{s.slug}"
        urls.append(url)
        rows += (
            f'<tr class="athing" id="{s.n}"><td align="right" class="title"><span class="rank">{i}.</span></td><td class="votelinks"><a id="up_{s.n}" href="vote?id={s.n}&amp;how=up"><div class="votearrow"></div></a></td>'
            f'<td class="title"><span class="titleline"><a href="{url}">{s.title}</a><span class="sitebit comhead"> (<a href="from?site={hosts[i % 5]}"><span class="sitestr">{hosts[i % 5]}</span></a>)</span></span></td></tr>'
            f'<tr><td colspan="2"></td><td class="subtext"><span class="score">{i * 3} points</span> by <a href="user?id=ada" class="hnuser">ada</a> <span class="age" title="{s.stamp}"><a href="item?id={s.n}">{i} hours ago</a></span> '
            f'| <a href="hide?id={s.n}">hide</a> | <a href="item?id={s.n}">{i * 4} comments</a></td></tr><tr class="spacer" style="height:5px"></tr>'
        )
    top = '<span class="pagetop"><b class="hnname"><a href="news">Links</a></b> <a href="newest">new</a> | <a href="front">past</a> | <a href="newcomments">comments</a> | <a href="ask">ask</a> | <a href="submit">submit</a></span>'
    body = f'<center><table id="hnmain"><tr><td bgcolor="#ff6600"><table><tr><td>{top}</td></tr></table></td></tr><tr><td><table>{rows}<tr class="morespace"></tr><tr><td></td><td class="title"><a href="?p=2" class="morelink" rel="next">More</a></td></tr></table></td></tr><tr><td><center><span class="yclinks"><a href="newsguidelines.html">Guidelines</a> | <a href="newsfaq.html">FAQ</a></span></center></td></tr></table></center>'
    return html(body, title="Links"), urls, [s.title for s in found]


@case(f"{ROOT}/")
def headlines_and_read_more() -> Made:
    found = stories(8, 9)
    rows = "".join(
        f'<div class="row"><div class="col-md-4"><img src="/i/{s.n}.jpg" alt=""></div><div class="col-md-8"><h3>{s.title}</h3><p class="date">{s.at:%d.%m.%Y}</p><p>{s.teaser}</p><a class="btn btn-primary" href="/articles/{s.slug}">Read more »</a></div></div>'
        for s in found
    )
    body = f'{NAV}<div class="container">{rows}</div>{FOOTER}'
    return html(body), [f"/articles/{s.slug}" for s in found], [s.title for s in found]


@case(f"{ROOT}/")
def headings_and_paragraphs_side_by_side() -> Made:
    found = stories(6, 10)
    rows = "".join(
        f'<h2><a href="{s.path}/{s.slug}.html">{s.title}</a></h2><p class="info">{s.at:%d %B %Y} by {s.author}</p><p>{s.teaser}</p><hr>'
        for s in found
    )
    body = f'<h1>Notebook</h1>{rows}<p><a href="page2.html">Older entries</a></p><h3>Links</h3><ul><li><a href="https://one.example.net/">A friend who writes about trains</a></li><li><a href="https://two.example.net/">Another friend with many cats</a></li></ul>'
    return html(body), [f"/{s.path}/{s.slug}.html" for s in found], [s.title for s in found]


@case("https://letters.example.com/archive")
def newsletter_archive() -> Made:
    found = stories(12, 11)
    rows = "".join(
        f'<div role="article" class="container-H2dyKk"><div class="pencraft pc-display-flex"><a href="https://letters.example.com/p/{s.slug}" data-testid="post-preview-title" class="pencraft color-primary-zABazT">{s.title}</a>'
        f'<div class="pencraft subtitle"><a href="https://letters.example.com/p/{s.slug}">{s.teaser}</a></div><div class="meta"><time datetime="{s.stamp}.000Z">{s.at:%b %d}</time> • <a href="https://letters.example.com/@ada">{s.author}</a>'
        f'</div></div><a href="https://letters.example.com/p/{s.slug}"><img src="https://cdn.example.com/{s.n}.png" alt=""></a><a class="post-ufi-button" href="https://letters.example.com/p/{s.slug}/comments">{i + 3}</a></div>'
        for i, s in enumerate(found)
    )
    body = f'<div id="main" class="main typography"><div class="main-menu"><a href="/">Home</a><a href="/archive?sort=new">New</a><a href="/archive?sort=top">Top</a><a href="/about">About</a></div><div class="archive-page"><div class="portable-archive-list">{rows}</div></div></div>'
    return html(body), [f"/p/{s.slug}" for s in found], [s.title for s in found]


@case(f"{ROOT}/")
def whole_posts_with_links_in_them() -> Made:
    found = stories(6, 12)
    old = stories(60, 13)[40:]
    rows = "".join(
        f'<article class="post"><h1 class="post-title"><a href="/{s.path[:7]}/{s.slug}/">{s.title}</a></h1><div class="post-content">'
        f'<p>{s.teaser} As I wrote in <a href="/{o.path[:7]}/{o.slug}/">{o.title}</a>, none of that is new, and nobody who was there says so. {s.teaser}</p>'
        f'<p>{s.teaser} See also <a href="https://elsewhere.example.net/{o.slug}">what somebody else wrote about it</a> before we go on with the rest of it.</p><ul><li>One thing</li><li>Another thing</li></ul></div>'
        f'<p class="post-meta">{s.at:%d %B %Y} · <a href="/{s.path[:7]}/{s.slug}/#disqus_thread">2 comments</a> · <a href="/tags/rivers-and-ports-of-the-north/">rivers and ports of the north</a></p></article>'
        for s, o in zip(found, old, strict=False)
    )
    body = f'<div id="header"><a href="/">Field notes</a></div><div id="content">{rows}</div><div id="sidebar"><h3>Blogroll</h3><ul><li><a href="https://f.example.net/">The fish that swam in the library</a></li></ul></div>'
    return html(body), [f"/{s.path[:7]}/{s.slug}/" for s in found], [s.title for s in found]


@case(f"{ROOT}/notes/")
def root_slugs_beside_pages_of_the_house() -> Made:
    found = stories(9, 14)
    rows = "".join(
        f'<div class="elementor-widget elementor-widget-posts"><div class="elementor-widget-container"><div class="elementor-post__text"><div class="elementor-post__title"><a href="{ROOT}/{s.slug}/">{s.title}</a></div>'
        f'<div class="elementor-post__meta-data"><span class="elementor-post-date">{s.at:%B %d, %Y}</span></div><a class="elementor-post__read-more" href="{ROOT}/{s.slug}/" aria-label="Read more about {s.title}">Read More »</a></div></div></div>'
        for s in found
    )
    house = "".join(
        f'<div><a href="{ROOT}/{slug}/">{label}</a></div>'
        for slug, label in (
            ("how-we-work-and-why", "How we work"),
            ("our-team-of-many-people", "Meet our team"),
            ("support-us-with-a-gift", "Support our work"),
        )
    )
    body = f'<div class="elementor">{menu("Home Blog Shop")}<div>{rows}</div><div class="boxes">{house}</div></div>'
    return html(body), [f"/{s.slug}/" for s in found], [s.title for s in found]


@case(f"{ROOT}/")
def link_blog() -> Made:
    found = stories(10, 15)
    rows, urls = "", []
    for s in found:
        url = f"https://{s.slug.split('-')[0]}.example.net/{s.slug}"
        urls.append(url)
        rows += f'<dt><a href="{url}">{s.title}</a> <a class="permalink" title="Permanent link to this" href="{ROOT}/linked/2026/nov/{s.at.day}/{s.n}">★</a></dt><dd><p>{s.teaser}</p></dd>'
    body = f'{menu("Archive About Feeds Sponsors")}<dl class="linkedlist">{rows}</dl>'
    return html(body), urls, [s.title for s in found]
