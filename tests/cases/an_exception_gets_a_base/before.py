class E1(Exception):
    pass


class E2(E1):
    def __init__(self, code):
        super().__init__(code)
        self.code = code


def boom():
    raise E2(5)
