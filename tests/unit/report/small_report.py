"""The files of a small report: what its views hold, its tables, and how fields are written."""

VIEWS = {
    "zone": [
        "CAST(1 AS INT) AS zone_id, CAST('Queens' AS VARCHAR(20)) AS borough, CAST(2 AS INT) AS place",
        "2, 'Bronx', 1",
        "3, 'Bronx', 1",
        "4, 'Empty', 3",
    ],
    "trip": [
        "CAST(1 AS INT) AS trip_id, CAST(1 AS INT) AS zone_id, CAST('done' AS VARCHAR(9)) AS status,"
        " CAST(10.50 AS DECIMAL(10,2)) AS amount, CAST(60 AS INT) AS seconds,"
        " CAST('2023-01-02T10:00:00' AS DATETIME2(6)) AS at, CAST(0 AS BIT) AS gone",
        "2, 1, 'done', 4.50, NULL, '2023-01-03T09:00:00', 0",
        "3, 2, 'lost', NULL, 30, '2023-01-03T10:00:00', 0",
        "4, 3, CAST(NULL AS VARCHAR(9)), 1.00, 90, '2023-01-01T00:00:00', 1",
        "5, 9, 'done', 2.00, 0, '2023-01-03T08:00:00', 0",
    ],
    "count_by_zone": ["CAST(1 AS INT) AS zone_id, CAST(7 AS BIGINT) AS asked", "2, 5", "4, 9"],
    "alone": ["CAST(1 AS INT) AS n"],
}
TABLES = """
table Zone
	column 'Zone ID'
		dataType: int64
		isHidden
		sourceColumn: zone_id
	column Borough
		dataType: string
		sourceColumn: borough
	column Place
		dataType: int64
		sourceColumn: place
	column 'Ordered borough'
		dataType: string
		sourceColumn: borough
		sortByColumn: Place
	partition Zone = m
		source = Sql.Database("a", "b"){[Schema="mart", Item="zone"]}[Data]

table Trip

	/// measures of the test come here
	MEASURES

	column 'Trip ID'
		dataType: int64
		sourceColumn: trip_id
	column 'Zone ID'
		dataType: int64
		sourceColumn: zone_id
	column Status
		dataType: string
		sourceColumn: status
	column Amount
		dataType: decimal
		formatString: 0.00
		sourceColumn: amount
	column Seconds
		dataType: int64
		sourceColumn: seconds
	column At
		dataType: dateTime
		sourceColumn: at
	column Gone
		dataType: boolean
		sourceColumn: gone
	partition Trip = m
		mode: directQuery
		source =
				let
					View = Source{[Schema="mart", Item="trip"]}[Data]
				in
					View

table 'Count by zone'
	column 'Zone ID'
		dataType: int64
		sourceColumn: zone_id
	column Asked
		dataType: int64
		sourceColumn: asked
	partition 'Count by zone' = m
		source = Source{[Schema="mart", Item="count_by_zone"]}[Data]

table Alone
	column N
		dataType: int64
		sourceColumn: n
	partition Alone = m
		source = Source{[Schema="mart", Item="alone"]}[Data]
"""
RELATIONSHIPS = """
relationship 1
	fromColumn: Trip.'Zone ID'
	toColumn: Zone.'Zone ID'

relationship 2
	fromColumn: 'Count by zone'.'Zone ID'
	toColumn: Zone.'Zone ID'
"""
ROLE = """
role Bronx
	modelPermission: read

	tablePermission Zone = Zone[Borough] = "Bronx"
	tablePermission Alone = FALSE()
"""


def column(table: str, name: str) -> dict:
    return {"Column": {"Expression": {"SourceRef": {"Entity": table}}, "Property": name}}


def measure(name: str) -> dict:
    return {"Measure": {"Expression": {"SourceRef": {"Entity": "Trip"}}, "Property": name}}


def field(text: str) -> dict:
    table, _, name = text.rstrip("]").partition("[")
    return column(table, name) if table else measure(name)
