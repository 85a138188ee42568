from .core import run
from . import util
