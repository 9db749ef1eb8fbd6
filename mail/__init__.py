"""What a mail is: the words that every other room shares.

Values only. Nothing here opens a socket, a file or a database (`mail.raw` maps the spool file
that it is given), nothing asks for the time, and nothing imports another room of the house.
Everything is frozen: a value is checked once, when it is made, and trusted from then on.
"""
