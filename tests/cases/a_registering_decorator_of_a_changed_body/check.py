assert [h() for h in app.HOOKS] == ['A']
