"""The formats of credentials, by who gives them out."""
