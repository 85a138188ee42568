c = m.C()
own = c.own
