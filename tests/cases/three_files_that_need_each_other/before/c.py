def base(): return 'c'
