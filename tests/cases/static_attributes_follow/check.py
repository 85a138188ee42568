assert sorted(C.__static_attributes__) == ["b", "c"]
