"""The mail catcher: an SMTP server and an SMS provider that deliver to a folder and show it.

Owns what was sent, as files that survive a restart. Speaks as much of Mailpit's HTTP interface as
tests and scripts need, so that the same ones fit a real Mailpit. Never sends anything on.
"""
