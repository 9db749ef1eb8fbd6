"""Finding mail by what it says: words of every language, and the operators that people type.

`tokens` makes words of text, for what is searched and for what is searched for alike; `document`
is what the index has of one message; `parse` reads what a person typed into a `query.Query`;
`walk` finds the messages, newest first. The databases only ever see words between spaces.
"""
