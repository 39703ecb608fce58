"""Edits of `docker run` lines in scripts, Makefiles, systemd units and documents."""
