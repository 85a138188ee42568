assert d.f([]) == ['B', 'C2'], d.f([])
