class A:
    def __init__(self):
        self.__x = 1

    def get(self):
        return self.__x

    @classmethod
    def __hidden(cls):
        return "old"

    def call(self):
        return self.__hidden()
