"""winmail.dat: what Outlook sends to those who it thinks have Exchange (MS-OXTNEF).

One attachment that holds the others, and the body as plain text, HTML or compressed RTF. Nothing
here raises for what the octets are, and what cannot be read is said.
"""
