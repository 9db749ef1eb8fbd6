"""Encoded messages as the world sends them, with what a person reads in them."""
