assert y.shared() == ('moved', 'B') and not hasattr(x, 'shared')
