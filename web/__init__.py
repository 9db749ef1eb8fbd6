"""The console for people and the JSON API for programs: both read the store and show it.

A page never opens the SMTP door and never asks the DNS. What it shows of a message's inside
(attachments, the sanitised HTML) it gets through `web.parts`, from whoever builds the app.
"""
