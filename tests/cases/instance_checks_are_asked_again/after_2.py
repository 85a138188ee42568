from abc import ABC, abstractmethod
class Shape(ABC):
    @classmethod
    def __subclasshook__(cls, C): return hasattr(C, 'volume') or NotImplemented
class Foreign: pass
class Sq:
    def area(self): return 1
    def volume(self): return 1
Shape.register(Foreign)
