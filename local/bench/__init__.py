"""Measurements of the whole path, on a stack of their own beside the user's."""
