"""A shop of four files that change together."""
