RUNS = []


def note(value):
    RUNS.append(value)
    return value


A = note(1)
B = note(20)
N = note(B + 1)
C = note(3)
STATE = {}
