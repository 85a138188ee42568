from app import f

f(1)
