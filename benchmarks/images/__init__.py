"""Images to measure with: built here, each with a list of what was planted in it."""
