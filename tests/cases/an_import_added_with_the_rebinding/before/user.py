def use():
    return None
