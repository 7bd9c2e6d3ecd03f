"""Tools for FX graphs, of which there are none here."""
