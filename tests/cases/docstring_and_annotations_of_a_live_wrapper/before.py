def deco(f):
    def wrapper(*a: int) -> int:
        """old"""
        return f(*a)
    return wrapper
@deco
def f(x): return x
