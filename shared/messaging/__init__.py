"""Getting events from an outbox to the bus and from the bus to handlers.

Owns the relay, the runner, dead letters and the worker process. Knows events (`shared.contracts`),
the bus and stores; leaves what an event means to the services. The one thing to know: everything
here may happen twice, and nothing may be lost; handlers apply by version.
"""
