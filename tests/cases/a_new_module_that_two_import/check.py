assert fa() == 1 and fb() == 2 and a.STATE == ['a', 'b'] and a.STATE is b.shared.STATE
