"""Three nodes, a database with a standby, and an object store, each in a network of its own.

`python -m tests.whole.fleet --minutes 10` runs it for long; `test_fleet.py` is the short run.

    network     namespaces with addresses of their own, and cables that can be cut
    pair        PostgreSQL, primary and synchronous standby
    nodes       `postern serve`, several times over one store
    senders     clients that remember what was acknowledged, and what they were told
    outcome     what is in the store at the end, held against what was acknowledged
    run         a fleet, and the misfortunes that befall it
"""
