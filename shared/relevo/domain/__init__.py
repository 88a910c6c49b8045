"""The rules of a referral, as pure functions and tables. Nothing here reads a clock, a file or a database."""
