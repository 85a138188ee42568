"""A running process, seen and steered from another one of the same user."""
