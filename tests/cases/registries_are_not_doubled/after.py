REGISTRY = []


def register(f):
    REGISTRY.append(f)
    return f


@register
def one():
    return "new"


@register
class Two:
    def go(self):
        return "new"
