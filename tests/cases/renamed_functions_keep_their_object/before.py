def old_name(x):
    return (x, "body")


class OldName:
    __mark = 1

    def old_method(self):
        return self.__mark
