"""Use cases over the ports; everything they need comes through their constructors."""
