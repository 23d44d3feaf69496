-- What a tenant searches by beside R4's own parameters: one row per type of a stored SearchParameter. Each version has a
-- number of its own, so that rows of the one before are never taken for its.
create table fhir.search_parameter (
  tenant int not null references platform.tenant,
  number int not null,
  id text collate "C" not null,
  type text not null,
  code text not null,
  kind text not null,
  expression text not null,
  targets text[] not null,
  state text not null default 'indexing' check (state in ('indexing', 'ready', 'removing')),
  since timestamptz not null,
  -- Due for the worker; null when there is nothing to do.
  next_at timestamptz,
  reached bigint not null default 0,
  again boolean not null default false,
  done bigint not null default 0,
  total bigint not null,
  primary key (tenant, number)
);
create unique index search_parameter_code on fhir.search_parameter (tenant, type, code) where state <> 'removing';
create index search_parameter_due on fhir.search_parameter (next_at) where next_at is not null;

call platform.protect(array['fhir.search_parameter']::regclass[]);
call platform.open_to_worker(array['fhir.search_parameter']::regclass[]);
