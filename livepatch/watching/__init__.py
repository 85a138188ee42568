"""From a saved file to a call of `apply`: events, quiet time, the import hook, the thread."""
