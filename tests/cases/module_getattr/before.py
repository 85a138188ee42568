def __getattr__(name):
    if name == "lazy":
        return "l1"
    raise AttributeError(name)


def __dir__():
    return ["lazy"]
