"""Text to definitions: pure functions of the bytes of a file."""
