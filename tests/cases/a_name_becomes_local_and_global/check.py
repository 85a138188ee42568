assert f() == 'local' and h() == 'g' == app.g()()
