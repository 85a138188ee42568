try:
    Square()
except TypeError as error:
    assert "edges" in str(error)
else:
    raise AssertionError("an abstract class was instantiated")
