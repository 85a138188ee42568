from abc import ABC, abstractmethod
class A(ABC):
    def f(self): return 'base'
    @property
    @abstractmethod
    def g(self): ...
class B(A):
    @property
    def g(self): return 'g'
