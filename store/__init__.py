"""What we remember: the schema, the one writer, and everything that is read from it.

The only importer of SQLAlchemy and Alembic. Everything here is synchronous but for the writer's
two doors (`Writer.save_message`, `Writer.save_refusal`), which wait for a commit without holding
up the event loop. Every write of every process goes through the turnstile (`store.turnstile`).
"""
