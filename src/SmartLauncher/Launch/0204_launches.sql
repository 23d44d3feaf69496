-- A launch between our redirect to the EHR and its answer: single use, ten minutes, one browser (SMART-A6, A25).
create table auth.launch (
  tenant int not null references platform.tenant,
  state_hash bytea not null unique,
  ehr uuid not null,
  iss_used text not null,
  browser_hash bytea not null,
  secrets bytea not null,
  source text,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  used_at timestamptz,
  primary key (tenant, state_hash),
  foreign key (tenant, ehr) references auth.ehr on delete cascade
);
create index launch_source on auth.launch (tenant, source, created_at);
call platform.protect(array['auth.launch']::regclass[]);

create function auth.launch_tenant(state bytea)
  returns int
  language sql stable security definer set search_path = pg_catalog
as $$
  select l.tenant from auth.launch l where l.state_hash = state;
$$;
revoke execute on function auth.launch_tenant from public;
grant execute on function auth.launch_tenant to healthteams_app;

-- A launch that led to several visits, until somebody chose.
create table auth.launch_choice (
  tenant int not null references platform.tenant,
  id text not null unique,
  ehr uuid not null,
  browser_hash bytea not null,
  arrival bytea not null,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  primary key (tenant, id),
  foreign key (tenant, ehr) references auth.ehr on delete cascade
);
call platform.protect(array['auth.launch_choice']::regclass[]);

create function auth.launch_choice_tenant(choice text)
  returns int
  language sql stable security definer set search_path = pg_catalog
as $$
  select c.tenant from auth.launch_choice c where c.id = choice;
$$;
revoke execute on function auth.launch_choice_tenant from public;
grant execute on function auth.launch_choice_tenant to healthteams_app;

-- The EHR's tokens a launch left, encrypted with a key that is not in this database (SMART-A26).
create table auth.launch_token (
  tenant int not null references platform.tenant,
  id uuid not null,
  ehr uuid not null,
  iss_used text not null,
  visit uuid not null,
  person uuid,
  scope text not null,
  tokens bytea not null,
  expires_at timestamptz not null,
  refreshable boolean not null,
  created_at timestamptz not null,
  -- Whoever asks the EHR for new ones now, and until when nobody else does.
  claim uuid,
  claimed_until timestamptz,
  primary key (tenant, id),
  foreign key (tenant, ehr) references auth.ehr on delete cascade
);
create index launch_token_visit on auth.launch_token (tenant, visit, ehr, created_at);
call platform.protect(array['auth.launch_token']::regclass[]);
