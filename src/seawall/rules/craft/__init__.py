"""Dockerfile craft, which the source document leaves unsaid: forms and the first process."""

from seawall.rules.craft import form, process

RULES = (*process.RULES, *form.RULES)
