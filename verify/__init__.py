"""Is it who it says it is? SPF, DKIM, ARC, DMARC and reverse DNS, and the resolver they ask.

Each protocol has its folder with `parse.py` (pure) and `check.py` (asks the resolver). No check
raises for what a sender or a name server did: it returns a result word and a reason.
"""
