"""Seawall: container security, from the line in a Dockerfile to the process that runs."""

__version__ = "0.1.0"
