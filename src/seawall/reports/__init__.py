"""One module for each report format; each exposes `render(report, options) -> str`."""
