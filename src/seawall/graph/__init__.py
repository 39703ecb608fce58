"""The project as a graph: what is joined to what, who reaches it, and what would cut the way."""
