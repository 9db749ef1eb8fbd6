"""The second door: bound accounts, people's own mailboxes elsewhere, read over IMAP.

A bound account's mail stays where it is. We look into its folders without changing anything
there (EXAMINE and BODY.PEEK), take what we have not taken yet, and hand every message to the same
`mta.receive.receive` that the SMTP door uses. What was taken is remembered by account, folder,
UIDVALIDITY and UID in the transaction that stores the message, so a crash at any moment neither
loses a message nor takes one twice.

    puller      all accounts, each at its interval: what the worker runs
    visitor     one visit, with the account's status kept before, during and after it
    visit       the visit itself: what is missing is fetched and handed to `receive`
    mailbox     the IMAP conversation; the only importer of IMAPClient

Values and decisions without I/O: `settings` (is this a usable account?), `causes` (what went
wrong, in words a person can act on), `identity` (the ID command that some providers insist on),
`batches` (what is fetched together), `incoming` (the envelope of a fetched message), `status` and
`ledger` (how the account is doing, every message accounted for). `target` opens the account's
password, `lock` keeps visits apart, `progress` tells how far one is.
"""
