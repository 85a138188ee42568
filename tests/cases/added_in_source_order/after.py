LOG = []


def log(f):
    LOG.append(f.__name__)
    return f


@log
def zero():
    return 0


def first():
    return 1


@log
class Second:
    value = 2
    twice = value * 2

    def get(self):
        return self.twice + zero()


third = Second().get()
