class A:
    def __init__(self):
        self.__x = 1

    def get(self):
        self.__y = 5
        return self.__x + self.__y + self.__added()

    @classmethod
    def __hidden(cls):
        return "new"

    def __added(self):
        return 10

    def call(self):
        return self.__hidden()
