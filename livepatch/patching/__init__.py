"""Tracked modules, transactions, history: where the stages meet."""
