"""SPF (RFC 7208): may this client send mail for that domain?

`parse` reads a record by the grammar, `macros` expands its macros, `evaluate` decides over the
answers that a `view` has, and `check` asks the resolver for those that it lacks.
"""
