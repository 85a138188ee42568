assert app.__doc__ == "Doc two."
