"""The network of a private stack, and what each store lets in."""
