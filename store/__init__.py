"""What we remember: the schema, the one writer, and everything that is read from it.

The only importer of SQLAlchemy and Alembic. Everything here is synchronous but for the writer's
two doors (`Writer.save_message`, `Writer.save_refusal`), which wait for a commit without holding
up the event loop. Every write of every process goes through the turnstile.

    database        the open store; migrate
    sqlite          all that is peculiar to SQLite            turnstile   one writer at a time
    schema, columns the tables                                migrations  how they grew
    writer          a thread that commits many at once        batch       what one commit holds
    rows            values become rows (pure)                 blobs       the exact bytes
    messages        lists, one message, its bytes             changes     what happens to it
    transactions    the log, and how it is searched           clues       what was pasted (pure)
    mailboxes, tallies                                        where mail lies, and how much
    domains         ours, and which address leads where       outbox      what follows, with leases
    accounts, pulled, secrets                                 bound accounts
    operators, tokens, audit                                  who may do what, and who did
    retention       what is forgotten, and when               ages, retention_rules   how it is said
    holds           what nobody may delete                    deletion, log_deletion  the end of it
    suppressions    addresses that no mail should go to       evidence, standing  by what reports
    turns           much work in short turns
"""
