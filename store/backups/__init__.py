"""Copies of the store, made while mail flows, and stores made of copies.

target/objects/ab/cd/…          large messages, each once for all backups there
target/20261121T080000Z/        one backup
    postern.db                  the database as of one moment (SQLite)
    keys                        the key file, where it was asked for
    objects.sha256              the large messages of this backup, as sha256sum writes them
    manifest.json               what belongs to it, with hashes; written last

manifest    what a backup consists of; one without it is none
snapshot    the database as of one moment            objects    the files of large messages
make        a backup                                 restore    a store out of one
check       whether everything in it is as it was
"""
