"""Whole screens: they lay panes out and decide who hears what."""
