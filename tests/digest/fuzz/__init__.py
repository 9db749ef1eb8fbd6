"""Messages that nobody would write, in any number: python -m tests.digest.fuzz --cases 100000.

Every case is made of a number and a seed alone, so that one that was found can be made again.
"""
