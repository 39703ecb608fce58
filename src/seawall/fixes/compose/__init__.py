"""Fixers of Compose projects, and the editing of their files byte by byte."""
