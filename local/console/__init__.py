"""The console: a page in the browser that shows what the local stack does, and starts and stops it.

Pages ask through `ask` and act through `act`; nothing else of the product knows the console. It listens on loopback
alone, loads nothing from anywhere else, and answers only a browser that was let in by its token.
"""
