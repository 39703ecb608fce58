"""Lets `python -m seawall` run the command line."""

from seawall.cli.main import run

if __name__ == "__main__":
    run()
