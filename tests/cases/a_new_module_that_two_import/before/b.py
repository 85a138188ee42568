def fb(): return 'b'
