"""Inventories that others have made: SBOMs, and the reports of other scanners."""
