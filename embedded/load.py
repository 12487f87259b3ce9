"""`python -m embedded.load`: `data/` once more, into what `make run` has up."""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

from embedded import credentials
from embedded.errors import CannotRun
from embedded.settings import ROOT


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m embedded.load")
    parser.add_argument("--var", default="var", type=Path)
    var = parser.parse_args().var.expanduser().absolute()
    try:
        told = json.loads((var / "run.json").read_text("utf-8"))
        secrets = credentials.load_or_make(var, os.environ)
    except FileNotFoundError:
        print(f"kezek: nothing runs in {var}: make run comes first", file=sys.stderr)
        return 2
    except CannotRun as error:
        print(f"kezek: {error}", file=sys.stderr)
        return error.code
    addresses = {"KEZEK_STORE_URL": told["store_url"], "KEZEK_BUS_URL": told["bus_url"]}
    data = os.environ.get("KEZEK_DATA_DIR") or str(ROOT / "data")
    command = [sys.executable, "-m", "services.centres.load", data]
    return subprocess.call(command, cwd=ROOT, env={**os.environ, **secrets, **addresses})


if __name__ == "__main__":
    sys.exit(main())
