assert 'return 2' in app.TEXT and f() == '\nclass Nope: pass\nx' and app.Y == 4
