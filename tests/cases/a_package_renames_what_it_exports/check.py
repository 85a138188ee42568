assert run() == 6 and pkg.util.other() == 5
