"""The bytes of the wire: keys, signatures, sealing and proofs. No input or output; the only user of cryptography."""
