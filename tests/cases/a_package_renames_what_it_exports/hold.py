import pkg, pkg.core
run = pkg.core.run
