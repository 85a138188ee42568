assert set(app.T.__annotations__) == {"a", "b"}
assert app.T.__required_keys__ == {"a", "b"}
assert not isinstance(app.Impl(), app.P)


class X:
    def go(self): ...

    def stop(self): ...


assert isinstance(X(), app.P)
