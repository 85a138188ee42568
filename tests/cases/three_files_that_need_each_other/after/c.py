def root(): return 'C'
