"""Every event type, declared once: what producers, consumers, documents and tests derive from."""
