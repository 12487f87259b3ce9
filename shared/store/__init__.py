"""What every app's store is built on: connection, scripts, clock, idempotency records."""
