REGISTRY = []


def register(f):
    REGISTRY.append(f)
    return f


@register
def one():
    return "old"


@register
class Two:
    def go(self):
        return "old"
