assert sorted(h() for h in app.HOOKS) == ['A', 'z']
