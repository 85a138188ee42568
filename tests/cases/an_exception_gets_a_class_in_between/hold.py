import m, errs
guard = m.guard
old = errs.NotFound('o')
