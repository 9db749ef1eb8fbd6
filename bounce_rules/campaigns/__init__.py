"""Is a mailing fit to bring answers home? What is wrong with a sample of it, as data and a rule."""
