assert h() == 'AA' and app.handler() == 'AA'
