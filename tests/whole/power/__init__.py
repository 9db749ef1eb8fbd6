"""Power cuts, simulated: what `postern serve` does to its files is written down in order
(`shim.c`), and for any moment of it the files are made as a disk may have them after power was
lost just then (`disk.py`). The store that is found there must have everything that a client had
been told is kept.
"""
