use = user.use
