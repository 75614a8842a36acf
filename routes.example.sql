-- The tables of routes.example.yaml. They suit SQLite and PostgreSQL alike; `router dev` makes them on SQLite.

create table if not exists users (
  clerk_id text primary key,
  email    text,                  -- null: the user has no email address
  name     text                   -- null: the user has no name
);

create table if not exists workspaces (
  org_id     text not null,
  user_id    text not null,       -- '' where the organization was made by nobody in particular
  name       text,
  created_at timestamp,           -- UTC
  primary key (org_id, user_id)
);

create table if not exists team_members (
  org_id  text not null,
  user_id text not null,
  role    text,
  primary key (org_id, user_id)
);
