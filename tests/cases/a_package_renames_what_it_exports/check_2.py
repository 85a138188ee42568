assert pkg.go() == 6 and pkg.other() == 5 and not hasattr(pkg, 'run')
