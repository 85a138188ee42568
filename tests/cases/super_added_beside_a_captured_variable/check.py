assert hi() == ("t", "new", "<")
