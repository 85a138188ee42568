from abc import ABC, abstractmethod
class Shape(ABC):
    @classmethod
    def __subclasshook__(cls, C): return hasattr(C, 'volume') or NotImplemented
class Foreign: pass
class Sq:
    def area(self): return 1
    def __iter__(self): return iter(())
Shape.register(Foreign)
