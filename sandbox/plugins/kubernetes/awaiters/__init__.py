"""Waits until objects are what was asked for: one module for each kind that has rules of its own."""
