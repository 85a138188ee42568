"""Ways in that need a package or a prompt of their own: one per module, imported on request."""
