"""Fixers for containers: the same findings of Compose services and of `docker run` lines."""
