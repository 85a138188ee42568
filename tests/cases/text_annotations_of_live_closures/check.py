assert inner.__annotations__ == {'x': 'T', 'return': 'int'}, inner.__annotations__
