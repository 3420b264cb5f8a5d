"""The web desk: pages for the people who run Broadsheet. What all pages share is in `page`, `charts` and `templates`."""
