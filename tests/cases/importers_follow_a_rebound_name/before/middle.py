from base import *
from base import KEPT as assigned
