"""Source kinds: each turns one document into items, exactly as the source said them."""
