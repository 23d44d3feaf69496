-- Staff members who sign in with a password here, and their sessions.
create table auth.credential (
  tenant int not null references platform.tenant,
  person uuid not null,
  username text not null check (username = lower(username) and username ~ '^[^\s@]{1,100}$'),
  hash text not null,
  changed_at timestamptz not null,
  primary key (tenant, person),
  unique (tenant, username)
);
create index credential_username on auth.credential (username);
call platform.protect(array['auth.credential']::regclass[]);

-- The session's secret is in the browser's cookie only; here its SHA-256.
create table auth.staff_session (
  tenant int not null references platform.tenant,
  hash bytea not null unique,
  person uuid not null,
  created_at timestamptz not null,
  last_seen_at timestamptz not null,
  expires_at timestamptz not null,
  revoked_at timestamptz,
  primary key (tenant, hash)
);
call platform.protect(array['auth.staff_session']::regclass[]);

-- Attempts to sign in without success yet, by (user name, network address) and by user name, hashed: unknown names count
-- too, so no tenant. Before open_at an attempt is refused unread.
create table auth.sign_in_failure (
  key bytea primary key,
  failures int not null,
  last_at timestamptz not null,
  open_at timestamptz not null
);

-- Look-ups that find the tenant cannot run as that tenant. They answer what is needed and no more.
create function auth.credential_by_username(entered text, in_tenant text)
  returns table (tenant int, person uuid, hash text)
  language sql stable security definer set search_path = pg_catalog
as $$
  select c.tenant, c.person, c.hash
  from auth.credential c join platform.tenant t on t.id = c.tenant
  where c.username = entered and (in_tenant is null or t.slug = in_tenant)
  limit 2;
$$;
revoke execute on function auth.credential_by_username from public;
grant execute on function auth.credential_by_username to healthteams_app;

create function auth.staff_session_by_hash(session_hash bytea)
  returns table (tenant int, person uuid, last_seen_at timestamptz, expires_at timestamptz)
  language sql stable security definer set search_path = pg_catalog
as $$
  select s.tenant, s.person, s.last_seen_at, s.expires_at
  from auth.staff_session s
  where s.hash = session_hash and s.revoked_at is null;
$$;
revoke execute on function auth.staff_session_by_hash from public;
grant execute on function auth.staff_session_by_hash to healthteams_app;
