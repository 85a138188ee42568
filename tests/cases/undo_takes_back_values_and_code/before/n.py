from m import X
