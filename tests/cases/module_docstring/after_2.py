# c
"""Doc two."""

X = 1
