"""The PySpark job of Highwater: landed windows to bronze, silver and gold.

It knows no table: the contract of each travels with the plan. It opens no database, and keeps to Spark Connect.
"""
