if not live or use() == 2:
    assert use() == 2
else:
    import livepatch
    assert any(n.slug for n in patch.notes), patch
