"""Garbled text, and the way back."""
