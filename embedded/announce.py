"""What a user reads when everything is up."""

from pathlib import Path

from embedded.plan import Places


def announcement(places: Places, ops_token: str, run_file: Path) -> str:
    """The addresses, the token for ops and three commands to try."""
    url = places.url
    return f"""
Kezek is ready.

  address    {url}
  ops token  {ops_token}
  mail       {places.mail_url}
  (all of it is in {run_file}; Ctrl-C stops everything)

Centres near the middle of Almaty, as anybody:

  curl '{url}/centres?near=43.2389,76.8897&within_km=20&lang=en'

Free times for an identity card there:

  curl '{url}/booking/slots?service=id-card&near=43.2389,76.8897&lang=en'

Open the sixth specialised centre of Almaty, as ops, and its times can be booked at once:

  curl -X POST '{url}/centres/src-04/open' -H 'Authorization: Bearer {ops_token}' \\
       -H 'Content-Type: application/json' -d '{{"reason": "The building is ready."}}'
"""
