def __getattr__(name):
    if name == "lazy":
        return "l2"
    raise AttributeError(name)


def __dir__():
    return ["lazy"]
