"""Compose projects, as Docker Compose v2 reads them: every value with the place it came from."""
