"""Mail on its way out of and into the store: the formats, one message at a time.

found           one message that a source holds            moment     when it came (pure)
mbox, maildir, folder, jsonl                               what is read
mboxrd, outputs, delivery                                  what is written
arrival         a found message becomes one to be stored   progress   how far it is, for a person
"""
