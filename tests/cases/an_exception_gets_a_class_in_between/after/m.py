from errs import AppError, NotFound
def f(): raise NotFound('x')
def guard():
    try: f()
    except AppError as e: return (type(e).__name__, e.code)
