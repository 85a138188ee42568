RUNS = []


def note(value):
    RUNS.append(value)
    return value


A = note(1)
B = note(2)
C = note(3)
STATE = {}
