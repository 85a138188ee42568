def helper():
    return "old"


VALUE = helper
