"""Use cases over the ports. Constructors take every dependency."""
