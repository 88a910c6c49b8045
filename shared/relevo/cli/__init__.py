"""The command lines: what every node has (`shared`), and `relevo` for what belongs to no node."""
