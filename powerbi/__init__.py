"""The Power BI semantic model and report as text, generated from the contracts and `definition.yaml`.

`python -m powerbi` writes them anew; a test fails when what is committed is not what would be written.
"""
