"""The API: what the pages show and do, as JSON over HTTP, described by OpenAPI."""
