assert user.b() == 4
