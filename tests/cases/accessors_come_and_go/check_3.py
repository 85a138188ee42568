assert c.x() == 'method'
