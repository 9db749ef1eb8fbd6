"""What a message is about: decoding, people, text, category; bytes in, values out.

Everything here runs after the accept and outside the SMTP process. Whatever the bytes are, an
answer comes out; work is bounded by construction (depth, parts, octets looked at), and what was
cut, guessed or mended is said in the answer.
"""
