import a, b
fa, fb = a.fa, b.fb
