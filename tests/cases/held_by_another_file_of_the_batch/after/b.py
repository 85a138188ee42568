def f( return
