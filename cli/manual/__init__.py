"""What a person has to know of each command: its manual, which is a module's docstring, and its
arguments.

Nothing here loads configuration or store, so that help is there at once and a wrong word is told
before anything is read. The module of the same name in `cli` does the work.
"""
