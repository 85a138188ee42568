"""`python -m livepatch`: the command."""

from livepatch.cli.main import console

# A child that multiprocessing spawns may import this file again; it must not run the program.
if __name__ == "__main__":
    console()
