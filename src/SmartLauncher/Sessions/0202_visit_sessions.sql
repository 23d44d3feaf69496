-- A place in one visit's room, held by one device: the id is in the room's path, the secret in a cookie of that name.
create table auth.visit_session (
  tenant int not null references platform.tenant,
  id text not null unique check (id ~ '^[A-Za-z0-9_-]{16}$'),
  secret_hash bytea not null,
  visit uuid not null,
  participant uuid not null,
  person uuid,
  kind text not null check (kind in ('Staff', 'Patient', 'Guest')),
  display text not null,
  ehr uuid,
  device text,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  primary key (tenant, id)
);
create index visit_session_visit on auth.visit_session (tenant, visit);
create index visit_session_expires on auth.visit_session (tenant, expires_at);
call platform.protect(array['auth.visit_session']::regclass[]);

create function auth.visit_session_by_id(session_id text)
  returns table (tenant int, secret_hash bytea, visit uuid, participant uuid, person uuid, kind text, display text, expires_at timestamptz)
  language sql stable security definer set search_path = pg_catalog
as $$
  select s.tenant, s.secret_hash, s.visit, s.participant, s.person, s.kind, s.display, s.expires_at
  from auth.visit_session s
  where s.id = session_id;
$$;
revoke execute on function auth.visit_session_by_id from public;
grant execute on function auth.visit_session_by_id to healthteams_app;
