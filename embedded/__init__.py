"""The launcher of `make run`: everything Kezek needs on one machine, without Docker or root.

Owns the embedded Valkey, the gateway, the mail catcher and the supervisor that keeps them and the
apps alive. It knows the apps by their command lines only and imports nothing of `services`.
"""
