"""How plans of fixes are shown: as a diff for people, as a patch, as JSON."""
