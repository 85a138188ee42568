def deco(f):
    def wrapper(*a: str) -> str:
        """new"""
        return f(*a)
    return wrapper
@deco
def f(x): return x
