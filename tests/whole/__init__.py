"""The whole server, as its users meet it: started by its own command, reached over its ports."""
