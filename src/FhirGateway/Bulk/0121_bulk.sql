-- Exports and imports: jobs that a worker holds by a lease, and their parts, each with the place it has come to.
create table fhir.bulk_job (
  tenant int not null,
  id uuid not null,
  kind text not null check (kind in ('export', 'import')),
  request text not null,
  owner text not null,                 -- the client and user that asked: nobody else sees it
  rights jsonb not null,
  since timestamptz,                   -- export: only what changed from then on
  patients text[],                     -- export of a group: its members
  level text not null check (level in ('system', 'patient', 'group')),
  state text not null default 'queued' check (state in ('queued', 'running', 'done', 'failed', 'cancelled')),
  created_at timestamptz not null,
  finished_at timestamptz,
  error text,
  due timestamptz not null,
  claim int not null default 0,
  tries int not null default 0,        -- claims since it last got on
  primary key (tenant, id)
);
create index bulk_job_due on fhir.bulk_job (due) where state in ('queued', 'running');
create index bulk_job_finished on fhir.bulk_job (finished_at) where finished_at is not null;

create table fhir.bulk_part (
  tenant int not null,
  job uuid not null,
  n int not null,
  type text,                           -- resource type; import: null takes any
  criteria text,                       -- export: _typeFilter
  url text,                            -- import: where it is fetched from; null: it came with the request
  position bigint not null default 0,  -- export: the last rid written; import: the bytes read
  rows bigint not null default 0,
  failed bigint not null default 0,
  bytes bigint not null default 0,     -- export: of the file so far; import: of the errors file
  total bigint,                        -- import: bytes to read, once it is here
  done boolean not null default false,
  primary key (tenant, job, n),
  foreign key (tenant, job) references fhir.bulk_job on delete cascade
);
call platform.protect(array['fhir.bulk_job', 'fhir.bulk_part']::regclass[]);
call platform.open_to_worker(array['fhir.bulk_job', 'fhir.bulk_part']::regclass[]);
