"""Measurements: figures of one run, side by side. Never asserted in a test."""
