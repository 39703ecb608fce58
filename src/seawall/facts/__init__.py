"""Facts about the world outside, as dated data files: images, release cycles, base defaults."""
