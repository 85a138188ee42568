def f():
    return 'éè'
