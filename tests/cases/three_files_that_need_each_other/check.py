assert o.f() == 'aC+' and not hasattr(c, 'base') and not hasattr(b, 'base')
