def fa(): return 'a'
