assert app.VAL == 3 and app.UNREACHED == 1
