-- EHRs that may launch us. One iss belongs to one tenant (SMART-A3, A29).
create table auth.ehr (
  tenant int not null references platform.tenant,
  id uuid not null,
  iss text not null unique,
  client_id text not null,
  auth text not null check (auth in ('public', 'secret', 'private_key_jwt')),
  secret_protected bytea,
  issuer text,
  frame_origins text[] not null default '{}',
  backend_client_id text,
  write_back boolean not null default false,
  test boolean not null default false,
  created_at timestamptz not null,
  primary key (tenant, id),
  check (auth <> 'secret' or secret_protected is not null)
);
call platform.protect(array['auth.ehr']::regclass[]);

-- Who an EHR's user is with us: its issuer and subject, never e-mail or a logical id alone (SMART-A20).
create table auth.ehr_identity (
  tenant int not null references platform.tenant,
  issuer text not null,
  sub text not null,
  kind text not null check (kind in ('Staff', 'Patient', 'Related')),
  person uuid not null,
  seen_at timestamptz not null,
  primary key (tenant, issuer, sub, kind)
);
call platform.protect(array['auth.ehr_identity']::regclass[]);

create function auth.ehr_by_iss(asked text)
  returns table (tenant int, id uuid)
  language sql stable security definer set search_path = pg_catalog
as $$
  select e.tenant, e.id from auth.ehr e where e.iss = asked;
$$;
revoke execute on function auth.ehr_by_iss from public;
grant execute on function auth.ehr_by_iss to healthteams_app;

create function auth.ehrs_for_test()
  returns table (tenant int, id uuid, iss text)
  language sql stable security definer set search_path = pg_catalog
as $$
  select e.tenant, e.id, e.iss from auth.ehr e where e.test;
$$;
revoke execute on function auth.ehrs_for_test from public;
grant execute on function auth.ehrs_for_test to healthteams_app;

-- Who may show us in a frame (SMART-A27).
create function auth.frame_origins()
  returns table (tenant int, iss text, frame_origins text[])
  language sql stable security definer set search_path = pg_catalog
as $$
  select e.tenant, e.iss, e.frame_origins from auth.ehr e;
$$;
revoke execute on function auth.frame_origins from public;
grant execute on function auth.frame_origins to healthteams_app;
