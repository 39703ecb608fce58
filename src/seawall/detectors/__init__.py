"""Finds secrets in text, whatever surface the text comes from."""
