def g(:
    return 'new'
