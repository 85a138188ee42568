def build():
    return ["old"]


TABLE = build()
