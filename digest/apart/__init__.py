"""Reading mail in a process of its own, so that no message costs more than its own digest.

Every digest is made of bytes that a stranger chose. Where our reader loops, eats memory or dies of
them, a process without keys, sockets or database dies, within a second or two, and another is there
at once. The message is told as unreadable, with its subject and sender if these can be had.

`Reader` is what others use. It talks with a child, which a nursery has forked: a process that was
started by exec (the worker has threads, and a fork would copy their locks), has loaded everything
once, and does nothing but fork and bury. A fork of it takes a few milliseconds, a new start of the
interpreter half a second.
"""
