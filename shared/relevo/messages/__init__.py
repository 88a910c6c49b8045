"""What a message says: the data classes, the steps, and how both become content. Joins rules and bytes."""
