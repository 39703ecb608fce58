"""Feeds: each module knows one publisher's layout and turns its files into records."""
