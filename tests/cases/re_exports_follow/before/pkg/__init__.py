from .core import VALUE, run
