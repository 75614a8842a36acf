"""The journal on PostgreSQL, for many replicas; needs asyncpg, so it is imported when such a journal is opened."""
