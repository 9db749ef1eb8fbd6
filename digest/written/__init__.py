"""What this person wrote: the text without what it quotes, forwards, and signs itself with.

`reply.reply_text` is the whole of it; what mail programs and people put around somebody's words is
data, in `bounce_rules/written`.
"""
