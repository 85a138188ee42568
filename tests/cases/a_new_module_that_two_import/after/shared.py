STATE = []
def note(x):
    STATE.append(x)
    return len(STATE)
