"""`feeds sources`."""

from __future__ import annotations

from tests.command import SEEDS, Folder, listed


def test_sources_are_added_and_removed(own: Folder) -> None:
    (own.path / "wire.xml").write_text(
        "<rss version='2.0'><channel><title>W</title><item><title>From the wire</title></item></channel></rss>"
    )
    assert own.run("sources", "add", "wire.xml", "--section", "Wire", "--json").json["source"] == "wire"
    ran = own.run("sources", "add", "wire.xml")
    assert (ran.code, ran.err) == (2, 'feeds: a source named "wire" is there already; give another --name\n')
    assert own.run("sources", "add", "nowhere.xml").code == 2
    assert own.run("sources", "add", "https://news.example/feed", "--kind", "seed").code == 2
    ran = own.run("update", "--json")
    assert {source["source"] for source in ran.json["sources"]} == {"seeds", "wire"}
    assert [e["title"] for e in listed(own, "--section", "Wire")] == ["From the wire"]
    names = {source["source"]: source["origin"] for source in own.run("sources", "list", "--json").json}
    assert names == {"seeds": "config", "wire": "added"}
    assert own.run("sources", "remove", "wire").code == 0
    assert own.run("sources", "remove", "wire").code == 2
    assert "config.toml" in own.run("sources", "remove", "seeds").err
    assert [e["title"] for e in listed(own, "--source", "wire")] == ["From the wire"]
    assert own.run("sources", "add", "wire.xml").code == 0
    ran = own.run("sources", "add", "https://news.example/feed", "--json")
    assert (ran.json, ran.err) == (
        {"source": "news.example", "kind": "feed", "location": "https://news.example/feed"}, ""
    )  # fmt: skip
    ran = own.run("sources", "add", "http://news.example/feed/", "--name", "Again")
    assert (ran.code, ran.err) == (0, 'note: source "news.example" has this address already\n')


def test_a_source_that_left_the_configuration_is_polled_no_more(own: Folder) -> None:
    own.config("")
    assert own.run("update", "--json").json["sources"] == []
    assert own.run("sources", "list").out.startswith("no sources yet")
    assert len(listed(own)) == 7
    own.config(SEEDS)
    assert own.run("update", "--json").json["totals"]["new"] == 0


def test_a_paused_source(own: Folder) -> None:
    own.config(SEEDS + "enabled = false\n")
    assert own.run("update", "--all", "--json").json["sources"] == []
    status = own.run("status", "--json")
    assert status.code == 0
    assert status.json["sources"][0]["state"] == "paused"
