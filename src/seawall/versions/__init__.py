"""Version orderings: one module an ecosystem, each a sort key."""
