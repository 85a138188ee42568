"""The command `livepatch`: reads the command line, runs the user's program, wires the watcher."""
