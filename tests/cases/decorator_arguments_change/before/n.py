from m import f

TABLE = {"f": f}
