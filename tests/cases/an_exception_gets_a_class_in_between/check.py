assert guard() == ('NotFound', 404) and isinstance(old, errs.HttpError) and old.code == 404
