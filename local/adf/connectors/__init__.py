"""What linked services connect to on the laptop: a PostgreSQL server and a lake that is a folder."""
