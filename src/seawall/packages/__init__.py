"""Package cataloguers: one module a format, each an analyser of a layer's files."""
