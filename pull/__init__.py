"""The second door: bound accounts, people's own mailboxes elsewhere, read over IMAP.

A bound account's mail stays where it is. We look into its folders without changing anything
there (EXAMINE and BODY.PEEK), take what we have not taken yet, and hand every message to the same
`mta.receive.receive` that the SMTP door uses. What was taken is remembered by account, folder,
UIDVALIDITY and UID in the transaction that stores the message, so a crash at any moment neither
loses a message nor takes one twice.

    settings    is this a usable account? (pure)
    causes      what went wrong, in words a person can act on (pure)
    identity    the ID command that some providers insist on (pure)
    mailbox     the IMAP conversation; the only importer of IMAPClient
    puller      one account, from the server to the store
    scheduler   all accounts, each at its interval
"""
