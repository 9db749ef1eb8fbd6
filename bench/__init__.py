"""Measurements. Not tests: nothing here passes or fails by the clock."""
