"""The programs and their configuration: everything that a person starts from a shell."""
