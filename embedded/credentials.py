"""The secrets of a `var/` folder: made once, kept in `secrets.json`, overruled by the environment.

Whoever loses the file loses what it seals: hashed IINs no longer match and sealed contacts cannot
be opened. It therefore belongs with the data of the same folder.
"""

import base64
import json
import os
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path

from embedded.errors import CannotRun
from embedded.folder import write_private

_MAKERS: Mapping[str, Callable[[], str]] = {
    "KEZEK_OPS_TOKEN": lambda: secrets.token_urlsafe(32),
    "KEZEK_TOKEN_KEY": lambda: secrets.token_urlsafe(48),
    "KEZEK_IIN_KEY": lambda: secrets.token_urlsafe(48),
    # A Fernet key: 32 bytes in URL-safe base64, padded.
    "KEZEK_CONTACT_KEYS": lambda: base64.urlsafe_b64encode(os.urandom(32)).decode(),
}


def load_or_make(var: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """Every secret by the name of its environment variable.

    What the folder lacks is made and written (mode 0600) before it is used; what the environment
    gives wins and is not written. Raises CannotRun where the file cannot be read as it was written.
    """
    path = var / "secrets.json"
    kept = _read(path) if path.exists() else {}
    missing = {name: make() for name, make in _MAKERS.items() if name not in kept}
    if missing:
        kept |= missing
        write_private(path, json.dumps(kept, indent=2) + "\n")
    return {name: environ.get(name) or kept[name] for name in _MAKERS}


def _read(path: Path) -> dict[str, str]:
    try:
        kept = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise CannotRun(
            f"{path} cannot be read: bring back a copy of it, or use another VAR="
        ) from error
    if not isinstance(kept, dict) or not all(kept.get(name, "x") for name in _MAKERS):
        raise CannotRun(f"{path} is not as it was written: bring back a copy, or use another VAR=")
    return {str(name): str(value) for name, value in kept.items()}
