"""The graph check: whether what a stack declares fits together, found out before anything is deployed."""
