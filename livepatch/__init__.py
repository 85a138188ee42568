"""livepatch: change the code of a running Python program."""
