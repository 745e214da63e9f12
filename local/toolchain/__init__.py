"""The tools that the laptop needs beside Python: Java, the Pulumi engine and Delta's jars.

Each module ensures one tool: it takes what is there, installs or builds it once into the user's cache when it
is not, and says what it does meanwhile. Everything here runs on the standard library alone until the
project's own environment exists.
"""
