"""What every app's HTTP side is built on: the request pipeline, errors, tokens, OpenAPI, health."""
