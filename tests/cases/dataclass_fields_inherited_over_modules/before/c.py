from dataclasses import dataclass
from b import B
@dataclass
class C(B):
    z: int = 3
