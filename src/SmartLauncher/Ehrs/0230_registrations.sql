-- What a registration says besides who the EHR is: test or production, how a visit's course is written back, and whether
-- the join link is. (EHR-10, EHR-07)
alter table auth.ehr
  add environment text not null default 'production' check (environment in ('test', 'production')),
  add adapter text not null default 'fhir' check (adapter in ('fhir', 'oracle', 'epic', 'none')),
  add join_link text not null default 'none' check (join_link in ('none', 'extension', 'oracle'));

-- The last check of a registration, as shown.
create table auth.ehr_check (
  tenant int not null references platform.tenant,
  ehr uuid not null,
  at timestamptz not null,
  steps jsonb not null,
  primary key (tenant, ehr),
  foreign key (tenant, ehr) references auth.ehr on delete cascade
);
call platform.protect(array['auth.ehr_check']::regclass[]);

-- A launch that an administrator tries: its answer is shown, nobody takes a seat and no token is kept.
create table auth.ehr_trial (
  tenant int not null references platform.tenant,
  id uuid not null,
  ehr uuid not null,
  person uuid not null,
  state_hash bytea not null unique,
  started_at timestamptz not null,
  ended_at timestamptz,
  outcome jsonb,
  primary key (tenant, id),
  foreign key (tenant, ehr) references auth.ehr on delete cascade
);
create index ehr_trial_ehr on auth.ehr_trial (tenant, ehr, started_at);
call platform.protect(array['auth.ehr_trial']::regclass[]);

create function auth.ehr_trial_by_state(state bytea)
  returns table (tenant int, id uuid)
  language sql stable security definer set search_path = pg_catalog
as $$
  select t.tenant, t.id from auth.ehr_trial t where t.state_hash = state and t.ended_at is null;
$$;
revoke execute on function auth.ehr_trial_by_state from public;
grant execute on function auth.ehr_trial_by_state to healthteams_app;
