"""What an auditor concludes from evidence, with rules and bytes together and no node, database or network near."""
