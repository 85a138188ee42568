def new_name(x):
    return (x, "body")


class NewName:
    __mark = 1

    def old_method(self):
        return self.__mark
