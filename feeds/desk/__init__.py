"""The web desk: pages for the people who run Broadsheet. All pages share `page`, `charts` and `templates`."""
