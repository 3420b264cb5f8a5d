"""Input that means harm: sites, documents and addresses that no honest publisher has."""
