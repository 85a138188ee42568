from m import C
