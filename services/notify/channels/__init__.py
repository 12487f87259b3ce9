"""Ways to reach a person: adapters of the ports `EmailProvider` and `SmsProvider`."""
