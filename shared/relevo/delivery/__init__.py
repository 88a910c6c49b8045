"""How messages leave, arrive and are proven: outbox, inbox, courier, sequencer, and the loop that runs them."""
