"""Baseline and new definitions to an ordered plan: pure."""
