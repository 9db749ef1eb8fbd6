"""Automatic answers and other mail of machines, told by what programs and offices always write."""
