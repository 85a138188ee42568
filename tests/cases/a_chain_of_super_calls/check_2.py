assert d.f([]) == ['B', 'A', 'C2']
