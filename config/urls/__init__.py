"""URL roots, one for each sort of host."""
