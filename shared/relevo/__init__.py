"""What both nodes share: rules, wire, messages, storage, delivery, and the edges that reach a node."""
