"""The store, measured: how fast it takes mail and finds it again, beside the plain database."""
