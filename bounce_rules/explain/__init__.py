"""Why a message was not authenticated, and what its sender's administrator can do about it.

`find.findings` reads a stored report and the DNS answers that it rests on; `words.words_of` says
each finding in a language. Both are pure, so that a page, a command and a test say the same.
"""
