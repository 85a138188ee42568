from .core import run as go
from .util import other
from . import util
