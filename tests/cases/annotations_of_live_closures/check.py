assert inner.__annotations__ == {'x': str, 'y': 'bytes', 'return': list[int]}, inner.__annotations__
import inspect, typing
assert str(inspect.signature(inner)) == "(x: str, y: 'bytes' = '') -> list[int]"
assert typing.get_type_hints(inner)['y'] is bytes
