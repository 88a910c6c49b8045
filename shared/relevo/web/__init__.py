"""How people and peers reach a node over HTTP. Routes take in, call one verb, and show."""
