-- Moving all rows of a table; the names in braces come from the schema itself.

-- name: tables
select name from sqlite_master where type = 'table' and name not in ('meta') and name not like 'sqlite%' order by rowid

-- name: columns
select name, pk from pragma_table_info(?) order by cid

-- name: count
select count(*) from {table}

-- name: rows
select {columns} from {table} order by {key}

-- name: insert
insert into {table} ({columns}) values ({marks})
