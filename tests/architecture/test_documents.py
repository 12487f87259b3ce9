"""The generated documents in docs/ are what the declarations say now (`make docs` leaves no diff)."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
APPS = ("centres", "booking", "notify")


@pytest.mark.parametrize("app", APPS)
def test_the_openapi_document_is_up_to_date(app: str, tmp_path: Path) -> None:
    written = tmp_path / "openapi.yaml"
    subprocess.run(
        [sys.executable, "-m", "shared.web.openapi", f"services.{app}.routes", str(written)],
        cwd=ROOT,
        check=True,
    )
    kept = ROOT / "docs" / f"openapi-{app}.yaml"
    assert kept.read_text("utf-8") == written.read_text("utf-8"), "run: make docs"


def test_the_asyncapi_document_is_up_to_date() -> None:
    made = subprocess.run(
        [sys.executable, "-m", "shared.contracts.asyncapi"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    assert (ROOT / "docs" / "asyncapi.yaml").read_text("utf-8") == made.stdout, "run: make docs"
