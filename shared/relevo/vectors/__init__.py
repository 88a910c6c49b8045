"""Runs test vectors: what goes in, and what every implementation of the protocol must make of it."""
