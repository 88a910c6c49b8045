"""What a node keeps: tables, stores that read and write them, and the unit of work that holds a transaction."""
