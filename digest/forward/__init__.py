"""Whether a message was passed on, by whom, and whose message it is in truth.

`read.read_forward` is the whole of it. A mail system forwards and leaves signs in the envelope and
the header (`native`); a list does (`listing`); a person does, into the text (`inline`) or as an
attached message (`attached`). Subjects and header fields are data, in `bounce_rules/forwards`.
"""
