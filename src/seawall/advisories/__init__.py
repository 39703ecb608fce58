"""Advisories: feeds, the store they are kept in, and how packages are matched with them."""
