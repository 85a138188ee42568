def build():
    return ["new"]


TABLE = build()
